// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"
#include "cli/describe.h"

namespace souk::cli {
namespace {

struct AliasTarget {
  std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(AliasTarget, (), (version))

// "ns/model@alias", which names an alias and nothing else.
Result<Reference> parse_alias(const std::string& text) {
  Reference reference = SOUK_TRY(parse_reference(text));
  if (reference.alias.empty()) {
    return invalid_argument(text + " does not name an alias").advise("write it as [namespace/]model@alias");
  }
  return reference;
}

std::string alias_path(const Reference& reference, std::string_view alias) {
  return model_path(reference) + "/aliases/" + net::encode_path_segment(alias);
}

}  // namespace

Status alias_set(const Context& context, const std::string& alias, const std::string& text) {
  const Reference target = SOUK_TRY(parse_reference(text));
  const Reference named = SOUK_TRY(parse_alias(target.model_name() + "@" + alias));
  const std::int64_t number = SOUK_TRY(resolve_version(context.remote, target));
  const json::Document document =
      SOUK_TRY(context.remote.send("PUT", alias_path(named, named.alias), json::write(AliasTarget{number})));
  context.out.print(document.root(),
                    [&] { return named.string() + " is now version " + std::to_string(number) + "\n"; });
  return {};
}

Status alias_list(const Context& context, const std::string& model) {
  const Reference reference = SOUK_TRY(parse_reference(model));
  const json::Document document = SOUK_TRY(context.remote.get(model_path(reference) + "/aliases"));
  context.out.print(document.root(), [&] {
    const std::vector<json::Value> rows = rows_of(document, "aliases");
    if (rows.empty()) return "no aliases yet; set one: souk alias set NAME " + reference.model_name() + ":1\n";
    return table(
        {{"ALIAS", "name"}, {"VERSION", "version"}, {"DIGEST", "digest"}, {"MOVED", "update_time"}, {"BY", "actor"}},
        rows);
  });
  return {};
}

Status alias_delete(const Context& context, const std::string& text) {
  const Reference reference = SOUK_TRY(parse_alias(text));
  SOUK_TRY(context.confirm("delete alias " + reference.string()));
  SOUK_TRY(context.remote.send("DELETE", alias_path(reference, reference.alias), ""));
  context.out.remark("deleted " + reference.string());
  return {};
}

Status alias_history(const Context& context, const std::string& text) {
  const Reference reference = SOUK_TRY(parse_alias(text));
  const json::Document document = SOUK_TRY(context.remote.get(alias_path(reference, reference.alias) + "/history"));
  context.out.print(document.root(), [&] {
    return table({{"TIME", "time"},
                  {"VERSION", "",
                   [](json::Value v) {
                     const std::string number = cell(v, "version");
                     return number.empty() ? "removed" : number;
                   }},
                  {"BY", "actor"}},
                 rows_of(document, "changes"));
  });
  return {};
}

}  // namespace souk::cli
