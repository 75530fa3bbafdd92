// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "base/digest.h"
#include "store/transfer/tables.h"

namespace souk::store {

namespace {

constexpr std::size_t kPageBytes = 4 << 20;
constexpr std::int64_t kFirstPage = 32, kLargestPage = 5000;

std::string quoted(std::string_view name) {
  return '"' + std::string(name) + '"';
}

// Pages by key: "SELECT … WHERE (a, b) > ($1, $2) ORDER BY a, b LIMIT $3".
class Pages {
 public:
  explicit Pages(const Table& table) {
    std::string columns, key, marks;
    for (const TableColumn& column : table.columns) columns += (columns.empty() ? "" : ", ") + quoted(column.name);
    for (const std::string& name : table.key) {
      key += (key.empty() ? "" : ", ") + quoted(name);
      const auto place = std::ranges::find(table.columns, name, &TableColumn::name);
      key_places_.push_back(static_cast<std::size_t>(place - table.columns.begin()));
      marks += (marks.empty() ? "$" : ", $") + std::to_string(key_places_.size());
    }
    const std::string begin = "SELECT " + columns + " FROM " + quoted(table.name);
    const std::string order = " ORDER BY " + key + " LIMIT $";
    first_ = begin + order + "1";
    next_ = begin + " WHERE (" + key + ") > (" + marks + ")" + order + std::to_string(key_places_.size() + 1);
  }

  // Empty: there are no more.
  Result<std::vector<std::vector<Value>>> next(Tx& tx) {
    std::vector<Value> parameters = last_;
    parameters.emplace_back(count_);
    Rows rows = SOUK_TRY(tx.run(last_.empty() ? first_ : next_, parameters));
    if (rows.rows.empty()) return std::move(rows.rows);
    last_.clear();
    for (const std::size_t place : key_places_) last_.push_back(rows.rows.back()[place]);
    return std::move(rows.rows);
  }

  // Chooses the next page's length by what the last one weighed.
  void weighed(std::size_t bytes, std::size_t rows) {
    const auto fit = static_cast<std::int64_t>(kPageBytes * rows / std::max<std::size_t>(bytes, 1));
    count_ = std::clamp<std::int64_t>(std::min(fit, count_ * 4), 1, kLargestPage);
  }

 private:
  std::string first_, next_;
  std::vector<std::size_t> key_places_;
  std::vector<Value> last_;
  std::int64_t count_ = kFirstPage;
};

struct WriteValue {
  json::Writer& out;
  ValueKind kind;
  bool fits = true;

  void operator()(std::nullptr_t) { out.null(); }
  void operator()(std::int64_t number) {
    if (kind == ValueKind::REAL) return out.value(static_cast<double>(number));
    fits = kind == ValueKind::INTEGER;
    out.value(number);
  }
  void operator()(double number) {
    fits = kind == ValueKind::REAL;
    if (std::isinf(number)) return out.value(number > 0 ? "Infinity" : "-Infinity");
    out.value(number);
  }
  void operator()(const std::string& text) {
    fits = kind == ValueKind::TEXT;
    out.value(text);
  }
  void operator()(const Blob& blob) {
    fits = kind == ValueKind::BYTES;
    out.value(to_base64(blob.bytes));
  }
};

Status write_line(std::string& line, const Table& table, const std::vector<Value>& row) {
  line.clear();
  json::Writer out(line);
  out.begin_array();
  for (std::size_t i = 0; i < row.size(); ++i) {
    WriteValue write{out, table.columns[i].kind};
    std::visit(write, row[i]);
    if (!write.fits) {
      return data_loss("table " + table.name + ", column " + table.columns[i].name + ": a value is not of its kind, " +
                       std::string(json::enum_name(table.columns[i].kind)));
    }
  }
  out.end_array();
  line += '\n';
  return {};
}

}  // namespace

Status each_line(Tx& tx, const Table& table, const std::function<Status(std::string_view line)>& f) {
  Pages pages(table);
  std::string line;
  for (;;) {
    const auto rows = SOUK_TRY(pages.next(tx));
    if (rows.empty()) return {};
    std::size_t bytes = 0;
    for (const auto& row : rows) {
      SOUK_TRY(write_line(line, table, row));
      bytes += line.size();
      SOUK_TRY(f(line));
    }
    pages.weighed(bytes, rows.size());
  }
}

}  // namespace souk::store
