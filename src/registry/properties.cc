// SPDX-License-Identifier: Apache-2.0
#include "registry/properties.h"

#include <array>
#include <map>
#include <set>
#include <utility>

#include "access/access.h"

namespace souk::registry {

namespace {

constexpr std::size_t kMaxBytes = 64 << 10;

Status check_object(const json::Raw& value, std::string_view field, bool strings_only) {
  const std::string of(field);
  if (value.text == "{}") return {};
  if (value.text.size() > kMaxBytes) {
    return invalid_argument(of + " has " + std::to_string(value.text.size()) + " bytes; at most 65536 are allowed")
        .at(of);
  }
  const json::Document document = SOUK_TRY(json::Document::parse(value.text));
  const json::Value root = document.root();
  if (root.kind() != json::Kind::object) {
    return invalid_argument(of + ": expected an object, got " + std::string(root.kind_name())).at(of);
  }
  std::set<std::string, std::less<>> seen;
  return root.each_member([&](std::string_view key, json::Value member) -> Status {
    const std::string path = of + "." + access::as_shown(key);
    if (Status named = access::check_name(key, path); !named) return named;
    if (!seen.emplace(key).second) return invalid_argument(path + " is there twice").at(of);
    const bool text = member.kind() == json::Kind::string;
    if (strings_only && !text) {
      return invalid_argument(path + ": expected a string, got " + std::string(member.kind_name())).at(of);
    }
    if (text && member.string().find('\0') != std::string_view::npos) {
      return invalid_argument(path + " holds a NUL").at(of);
    }
    return {};
  });
}

using Members = std::map<std::string_view, json::Value>;

Members members_of(json::Value value) {
  Members members;
  if (value.kind() != json::Kind::object) return members;
  (void)value.each_member([&](std::string_view key, json::Value member) -> Status {
    members.emplace(key, member);
    return {};
  });
  return members;
}

// `members`: of the value that the patch is for.
void write_merged(json::Writer& out, Members members, json::Value patch) {
  if (patch.kind() != json::Kind::object) return out.raw(patch.raw());
  Members changes = members_of(patch);
  out.begin_object();
  for (const auto& [key, value] : members) {
    auto change = changes.find(key);
    if (change == changes.end()) {
      out.key(key);
      out.raw(value.raw());
    } else if (change->second.kind() != json::Kind::null) {
      out.key(key);
      write_merged(out, members_of(value), change->second);
    }
  }
  for (const auto& [key, change] : changes) {
    if (members.contains(key) || change.kind() == json::Kind::null) continue;
    out.key(key);
    write_merged(out, {}, change);
  }
  out.end_object();
}

}  // namespace

json::Raw merged(const json::Raw& value, const json::Patch<json::Raw>& patch) {
  if (!patch.given()) return value;
  if (patch.is_null()) return {"{}"};
  auto before = json::Document::parse(value.text), change = json::Document::parse(patch.value.text);
  if (!before || !change) return patch.value;
  std::string text;
  json::Writer out(text);
  write_merged(out, members_of(before->root()), change->root());
  return {std::move(text)};
}

Status check_properties(const json::Raw& value, std::string_view field) {
  return check_object(value, field, false);
}
Status check_tags(const json::Raw& value, std::string_view field) {
  return check_object(value, field, true);
}

Status insert_properties(store::Tx& tx, std::string_view table, std::int64_t owner, std::string_view field,
                         const json::Raw& value) {
  if (value.text == "{}") return {};
  PropertyRows rows(tx, table);
  SOUK_TRY(rows.add(owner, field, value));
  return rows.flush();
}

Status PropertyRows::add(std::int64_t owner, std::string_view field, const json::Raw& value) {
  if (value.text == "{}") return {};
  const json::Document document = SOUK_TRY(json::Document::parse(value.text));
  return document.root().each_member([&](std::string_view key, json::Value member) -> Status {
    store::Value text(nullptr), whole(nullptr), real(nullptr), flag(nullptr);
    switch (member.kind()) {
      case json::Kind::string:
        text = store::to_value(member.string());
        break;
      case json::Kind::integer:
        whole = member.integer();
        break;
      case json::Kind::unsigned_integer:
      case json::Kind::number:
        real = member.number();
        break;
      case json::Kind::boolean:
        flag = store::to_value(member.boolean());
        break;
      default:
        return {};  // null, lists and objects are kept, but no filter compares them
    }
    if (values_.size() == rows_at_once() * kColumns) SOUK_TRY(flush());
    for (store::Value& one :
         std::array{store::Value(owner), store::to_value(field), store::to_value(key), text, whole, real, flag}) {
      values_.push_back(std::move(one));
    }
    return {};
  });
}

Status PropertyRows::flush() {
  if (values_.empty()) return {};
  std::string sql = "INSERT INTO " + std::string(table_) +
                    " (owner_id, field, name, string_value, int_value, double_value, bool_value) VALUES ";
  for (std::size_t i = 0; i < values_.size(); ++i) {
    sql += (i % kColumns != 0 ? ", $" : i == 0 ? "($" : "), ($") + std::to_string(i + 1);
  }
  const std::vector<store::Value> values = std::exchange(values_, {});
  return tx_.send(sql + ")", values);
}

Status replace_properties(store::Tx& tx, std::string_view table, std::int64_t owner, std::string_view field,
                          const json::Raw& value) {
  const std::string sql = "DELETE FROM " + std::string(table) + " WHERE owner_id = $1 AND field = $2";
  SOUK_TRY(tx.defer(sql, owner, field));
  return insert_properties(tx, table, owner, field, value);
}

}  // namespace souk::registry
