// SPDX-License-Identifier: Apache-2.0
//
// The audit log as its reader sees it. `verify` computes the chain anew from what is exported: it trusts no answer of
// the server but the rows themselves.
#include <array>
#include <cstdio>
#include <fstream>

#include "base/hash/hash_chain.h"
#include "cli/commands.h"

namespace souk::cli {
namespace {

// A quoted text of the filter grammar.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += (c == '\'' || c == '\\') ? std::string("\\") + c : std::string(1, c);
  return out + "'";
}

std::string filter_of(const AuditOptions& options) {
  std::string filter = options.filter;
  const auto add = [&filter](const std::string& condition) { filter += (filter.empty() ? "" : " AND ") + condition; };
  if (!filter.empty()) filter = "(" + filter + ")";
  if (!options.actor.empty()) add("actor = " + quoted(options.actor));
  if (!options.object.empty()) add("object = " + quoted(options.object));
  if (!options.since.empty()) add("time >= " + quoted(options.since));
  if (!options.until.empty()) add("time < " + quoted(options.until));
  return filter;
}

// One line of an export, and what is wrong with it.
class Verifier {
 public:
  Status line(const std::string& text) {
    if (text.empty()) return {};
    const Result<json::Document> document = json::Document::parse(text);
    if (!document) return broken(text);
    const json::Value root = document->root();
    if (const auto open = root.find("unchained")) {
      unchained_ = cell(*open, "");
      return {};
    }
    const std::string position_text = cell(root, "position"), hash = cell(root, "hash");
    const std::int64_t position = std::atoll(position_text.c_str());
    if (position_ + 1 != position) {
      fault(position == position_ + 2 ? "row " + std::to_string(position_ + 1) + " is missing"
                                      : "rows " + std::to_string(position_ + 1) + " to " +
                                            std::to_string(position - 1) + " are missing, or rows are out of order");
    }
    const auto event = root.find("event");
    if (!event) {
      fault("row " + position_text + " (audit event " + cell(root, "event_id") + ") was taken out");
    } else if (next_link(before_, fields_of(position_text, *event, text)) != hash) {
      fault("row " + position_text + " (audit event " + cell(root, "event_id") + ", " + cell(*event, "time") + ", " +
            cell(*event, "action") + ") is not as it was written");
    }
    position_ = position;
    before_ = hash;
    return {};
  }
  std::int64_t position() const { return position_; }
  const std::string& head() const { return before_; }
  const std::vector<std::string>& faults() const { return faults_; }
  const std::string& unchained() const { return unchained_; }
  void begin_after(std::int64_t position, std::string hash) {
    position_ = position;
    before_ = std::move(hash);
  }
  void fault(std::string what) { faults_.push_back(std::move(what)); }

 private:
  // A line that is no JSON; what follows goes on from the hash that stands in it.
  Status broken(const std::string& text) {
    constexpr std::string_view kHash = "\"hash\":\"";
    ++position_;
    fault("row " + std::to_string(position_) + " is not as it was written: it is no JSON any more");
    const std::size_t at = text.find(kHash);
    before_ = at == std::string::npos ? std::string() : text.substr(at + kHash.size(), 64);
    return {};
  }
  // The detail is taken as it stands in the line: it is the line's last member but two braces.
  static std::vector<std::string> fields_of(const std::string& position, json::Value event, const std::string& text) {
    constexpr std::string_view kDetail = "\"detail\":";
    constexpr std::array<const char*, 15> kNames{"id",        "time",       "first_time", "count",  "actor",
                                                 "actor_id",  "credential", "address",    "action", "outcome",
                                                 "namespace", "kind",       "object_id",  "object", "trace_id"};
    std::vector<std::string> fields{position};
    for (const char* name : kNames) {
      const auto member = event.find(name);
      if (!member) {
        fields.emplace_back();
      } else if (member->kind() == json::Kind::string) {
        fields.emplace_back(member->string());
      } else {
        fields.push_back(cell(event, name));
      }
    }
    const std::size_t at = text.find(kDetail);
    const std::size_t end = text.size() >= 2 ? text.size() - 2 : 0;
    fields.push_back(at == std::string::npos || at + kDetail.size() > end
                         ? ""
                         : text.substr(at + kDetail.size(), end - at - kDetail.size()));
    return fields;
  }

  std::int64_t position_ = 0;
  std::string before_ = first_link();
  std::vector<std::string> faults_;
  std::string unchained_;
};

// Calls f with each whole line of an export.
Status each_line(const Context& context, const std::function<Status(const std::string&)>& f) {
  std::string rest;
  net::ClientRequest request;
  request.url = "/api/v1/audit_events:export";
  request.timeout = std::chrono::milliseconds(0);
  request.sink = [&](std::span<const std::byte> piece) -> Status {
    rest.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    std::size_t from = 0;
    for (std::size_t end = 0; (end = rest.find('\n', from)) != std::string::npos; from = end + 1) {
      SOUK_TRY(f(rest.substr(from, end - from)));
    }
    rest.erase(0, from);
    return {};
  };
  const net::ClientResponse response = SOUK_TRY(context.remote.exchange(std::move(request)));
  if (response.status >= 300) return error_of(response, "audit export");
  if (!rest.empty()) return unavailable("the export ended in the middle of a row").advise("try again");
  return {};
}

Status each_line_of(const std::string& file, const std::function<Status(const std::string&)>& f) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return not_found("cannot read " + file);
  for (std::string line; std::getline(in, line);) SOUK_TRY(f(line));
  return {};
}

struct Verified {
  bool intact = false;
  std::int64_t rows = 0;
  std::string head;
  std::vector<std::string> faults;
};
BOOST_DESCRIBE_STRUCT(Verified, (), (intact, rows, head, faults))

}  // namespace

Status audit_list(const Context& context, const AuditOptions& options) {
  std::string path = options.namespace_.empty() ? api_path({"audit_events"})
                                                : api_path({"namespaces", options.namespace_, "audit_events"});
  if (const std::string filter = filter_of(options); !filter.empty())
    path += "?filter=" + net::encode_query_value(filter);
  const json::Document document =
      SOUK_TRY(context.remote.list(path, "audit_events", static_cast<std::size_t>(std::max(options.limit, 1))));
  context.out.print(document.root(), [&] {
    const std::vector<json::Value> rows = rows_of(document, "audit_events");
    if (rows.empty()) return std::string("nothing\n");
    return table({{"TIME", "time"},
                  {"WHO", "actor"},
                  {"BY", "credential"},
                  {"FROM", "address"},
                  {"DID", "action"},
                  {"OUTCOME", "outcome"},
                  {"OBJECT", "object"},
                  {"COUNT", "count"}},
                 rows);
  });
  return {};
}

Status audit_export(const Context& context) {
  return each_line(context, [](const std::string& line) -> Status {
    if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size() || std::fputc('\n', stdout) == EOF) {
      return unavailable("cannot write to stdout");
    }
    return {};
  });
}

Status audit_verify(const Context& context, const AuditOptions& options) {
  Verifier verifier;
  bool seen_head = options.head.empty();
  const auto line = [&](const std::string& text) -> Status {
    SOUK_TRY(verifier.line(text));
    if (!seen_head) seen_head = verifier.head() == options.head;
    return {};
  };
  SOUK_TRY(options.file.empty() ? each_line(context, line) : each_line_of(options.file, line));
  if (!seen_head)
    verifier.fault("the link " + options.head + " is not in the chain: it was written anew, or cut off before it");
  const Verified result{verifier.faults().empty(), verifier.position(), verifier.head(), verifier.faults()};
  const std::string text = json::write(result);
  const json::Document document = SOUK_TRY(json::Document::parse(text));
  context.out.print(document.root(), [&] {
    std::string out;
    for (const std::string& fault : result.faults) out += fault + "\n";
    return out + std::to_string(result.rows) + (result.intact ? " rows, all as they were written\n" : " rows\n") +
           "head: " + result.head + "\n";
  });
  if (!verifier.unchained().empty() && verifier.unchained() != "0") {
    context.out.remark(verifier.unchained() + " rows are not chained yet");
  }
  if (!result.intact) {
    return Error(Code::data_loss, "the audit log is not as it was written: " + result.faults.front())
        .advise("compare with an export or a backup that you kept");
  }
  context.out.remark("keep the head elsewhere, and give it to the next run: souk audit verify --head " + result.head);
  return {};
}

}  // namespace souk::cli
