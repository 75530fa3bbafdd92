// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"
#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/transfer/transfer.h"

namespace souk::cli {
namespace {

std::string size_text(json::Value value) {
  const std::int64_t bytes = integer_at(value, "size_bytes", -1);
  return bytes < 0 ? "" : human_bytes(static_cast<double>(bytes));
}

std::string short_digest(json::Value value) {
  return cell(value, "digest").substr(0, 19);
}

const std::vector<Column>& version_columns() {
  static const std::vector<Column> columns{
      {"VERSION", "number"},     {"NAME", "name"},     {"STATE", "state"},      {"SEALED", "sealed"},
      {"ALIASES", "aliases"},    {"FORMAT", "format"}, {"SIZE", "", size_text}, {"DIGEST", "", short_digest},
      {"CREATED", "create_time"}};
  return columns;
}

std::string tensors_text(json::Value version, std::string_view side) {
  std::string text;
  const auto signature = version.find("signature");
  const auto tensors = signature && signature->kind() == json::Kind::object ? signature->find(side) : std::nullopt;
  if (!tensors) return text;
  (void)tensors->each_element([&text](json::Value tensor) -> Status {
    text.append(text.empty() ? "" : "; ").append(cell(tensor, "name") + " " + cell(tensor, "datatype"));
    text += " [" + cell(tensor, "shape") + "]";
    return {};
  });
  return text;
}

std::string version_card(json::Value version) {
  return card({{"Model", "", [](json::Value v) { return cell(v, "namespace") + "/" + cell(v, "model"); }},
               {"Version", "number"},
               {"Name", "name"},
               {"State", "state"},
               {"Sealed", "sealed"},
               {"Digest", "digest"},
               {"Size", "", size_text},
               {"Format", "format"},
               {"Runtime", "runtime"},
               {"Missing", "missing"},
               {"Task", "task"},
               {"Inputs", "", [](json::Value v) { return tensors_text(v, "inputs"); }},
               {"Outputs", "", [](json::Value v) { return tensors_text(v, "outputs"); }},
               {"Aliases", "aliases"},
               {"Author", "author"},
               {"Description", "description"},
               {"Created", "create_time"}},
              version);
}

struct AliasChange {
  std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(AliasChange, (), (version))

std::string query(const ListOptions& options) {
  std::string text;
  const auto add = [&text](std::string_view name, const std::string& value) {
    if (!value.empty()) text.append(text.empty() ? "?" : "&").append(name) += "=" + net::encode_query_value(value);
  };
  add("filter", options.filter);
  add("order_by", options.order_by);
  return text;
}

// The tag that the next version would have.
Result<std::int64_t> next_number(Remote& remote, const Reference& reference) {
  const auto latest = resolve_version(remote, reference);
  if (latest) return *latest + 1;
  if (latest.error().code == Code::not_found) return 1;
  return latest.error();
}

// Tags the manifest. Without a tag wanted it takes the next number, again when someone else was faster.
Result<std::string> tag_manifest(Remote& remote, const Reference& reference, const std::string& manifest) {
  const std::string repository = reference.model_name();
  if (!reference.tag.empty()) {
    SOUK_TRY(push_manifest(remote, repository, reference.tag, manifest));
    return reference.tag;
  }
  for (int attempt = 0;; ++attempt) {
    const std::string tag = std::to_string(SOUK_TRY(next_number(remote, reference)));
    const auto digest = push_manifest(remote, repository, tag, manifest);
    if (digest) return tag;
    const Code code = digest.error().code;
    const bool taken =
        code == Code::already_exists || code == Code::failed_precondition || code == Code::permission_denied;
    if (!taken || attempt == 4 || SOUK_TRY(next_number(remote, reference)) == std::stoll(tag)) return digest.error();
  }
}

}  // namespace

Status model_push(const Context& context, const PushOptions& options) {
  Reference reference = SOUK_TRY(parse_reference(options.reference));
  if (!reference.alias.empty() || reference.digest) {
    return invalid_argument("a push makes a version, which is named by a tag: " + reference.model_name() + "[:tag]")
        .advise("add --alias " + (reference.alias.empty() ? std::string("NAME") : reference.alias) +
                " to move an alias to the new version");
  }
  PackOptions pack{options.include, std::nullopt};
  if (!options.created_at.empty()) pack.created_at = format_rfc3339(SOUK_TRY(parse_rfc3339(options.created_at)));
  const std::vector<PackFile> files = SOUK_TRY(collect_files(options.path, pack));
  std::uint64_t total = 0;
  for (const PackFile& file : files) total += file.size;

  const std::string repository = reference.model_name();
  Progress progress("push " + repository, total, context.out.quiet());
  const std::vector<Digest> digests = SOUK_TRY(push_files(context.remote, repository, files, progress));
  progress.finish();
  const ModelTexts packed = make_manifest(files, digests, pack);
  SOUK_TRY(push_bytes(context.remote, repository, packed.config));
  reference.tag = SOUK_TRY(tag_manifest(context.remote, reference, packed.manifest));

  const std::int64_t number = SOUK_TRY(resolve_version(context.remote, reference));
  for (const std::string& alias : options.aliases) {
    SOUK_TRY(context.remote.send("PUT", model_path(reference) + "/aliases/" + net::encode_path_segment(alias),
                                 json::write(AliasChange{number})));
  }
  const json::Document version = SOUK_TRY(context.remote.get(version_path(reference, number)));
  context.out.print(version.root(), [&] {
    std::string text = "pushed " + repository + ":" + reference.tag + " (version " + std::to_string(number) + ", " +
                       human_bytes(static_cast<double>(total)) + ")\n" + cell(version.root(), "digest") + "\n";
    if (const std::string aliases = cell(version.root(), "aliases"); !aliases.empty()) {
      text += "aliases: " + aliases + "\n";
    }
    return text;
  });
  const std::string missing = cell(version.root(), "missing");
  context.out.remark(missing.empty() ? "next: souk deploy " + repository + ":" + reference.tag : "note: " + missing);
  return {};
}

Status model_pull(const Context& context, const PullOptions& options) {
  const Reference reference = SOUK_TRY(parse_reference(options.reference));
  const std::string repository = reference.model_name();
  std::string wanted = reference.digest ? reference.digest->string() : reference.tag;
  if (wanted.empty()) {
    const std::int64_t number = SOUK_TRY(resolve_version(context.remote, reference));
    const json::Document version = SOUK_TRY(context.remote.get(version_path(reference, number)));
    wanted = cell(version.root(), "digest");
    if (wanted.empty()) {
      return failed_precondition("version " + std::to_string(number) + " of " + repository + " holds no bytes yet")
          .advise("souk version list " + repository);
    }
  }
  const auto fetched = fetch_plan(context.remote, repository, wanted);
  if (!fetched && fetched.error().code == Code::not_found) {
    return Error(fetched.error()).advise("souk version list " + repository);
  }
  const PullPlan plan = SOUK_TRY(fetched);
  const std::string folder = options.folder.empty() ? reference.model : options.folder;
  Progress progress("pull " + repository, plan.size, context.out.quiet());
  SOUK_TRY(pull_files(context.remote, repository, plan, folder, options.force, progress));
  progress.finish();

  std::string text;
  json::Writer out(text);
  out.begin_object();
  out.key("digest");
  out.value(plan.digest.string());
  out.key("folder");
  out.value(folder);
  out.key("files");
  out.begin_array();
  for (const PullFile& file : plan.files) out.value(file.path);
  out.end_array();
  out.end_object();
  context.out.print(SOUK_TRY(json::Document::parse(text)).root(), [&] {
    return "pulled " + reference.string() + " into " + folder + " (" + std::to_string(plan.files.size()) + " files, " +
           human_bytes(static_cast<double>(plan.size)) + ")\n" + plan.digest.string() + "\n";
  });
  return {};
}

Status model_list(const Context& context, const ListOptions& options) {
  const std::string path =
      options.namespace_.empty() ? api_path({"models"}) : api_path({"namespaces", options.namespace_, "models"});
  const json::Document document = SOUK_TRY(context.remote.list(path + query(options), "models"));
  context.out.print(document.root(), [&] {
    const std::vector<json::Value> rows = rows_of(document, "models");
    if (rows.empty()) return std::string("no models yet; push one: souk model push PATH default/NAME\n");
    return table({{"MODEL", "", [](json::Value v) { return cell(v, "namespace") + "/" + cell(v, "slug"); }},
                  {"TASK", "task"},
                  {"LATEST", "latest_version.number"},
                  {"VERSIONS", "version_count"},
                  {"STATE", "state"},
                  {"UPDATED", "update_time"},
                  {"DESCRIPTION", "description"}},
                 rows);
  });
  return {};
}

Status model_show(const Context& context, const std::string& model) {
  const Reference reference = SOUK_TRY(parse_reference(model));
  const json::Document document = SOUK_TRY(context.remote.get(model_path(reference)));
  context.out.print(document.root(), [&] {
    const auto named = [](json::Value list_owner, std::string_view list, std::string_view first,
                          std::string_view second) {
      std::string text;
      if (const auto elements = list_owner.find(list)) {
        (void)elements->each_element([&](json::Value one) -> Status {
          text.append(text.empty() ? "" : ", ").append(cell(one, first) + " (" + cell(one, second) + ")");
          return {};
        });
      }
      return text;
    };
    return card({{"Model", "", [](json::Value v) { return cell(v, "namespace") + "/" + cell(v, "slug"); }},
                 {"Name", "name"},
                 {"Description", "description"},
                 {"State", "state"},
                 {"Task", "task"},
                 {"Owner", "owner"},
                 {"Latest", "latest_version.number"},
                 {"Versions", "version_count"},
                 {"Aliases", "", [&](json::Value v) { return named(v, "aliases", "name", "version"); }},
                 {"Deployments", "", [&](json::Value v) { return named(v, "deployments", "slug", "state"); }},
                 {"Tags", "tags"},
                 {"Created", "create_time"},
                 {"Updated", "update_time"}},
                document.root());
  });
  return {};
}

Status model_delete(const Context& context, const std::string& model) {
  const Reference reference = SOUK_TRY(parse_reference(model));
  if (!reference.tag.empty() || !reference.alias.empty() || reference.digest) {
    return invalid_argument(reference.string() + " names a version")
        .advise("souk version delete " + reference.string());
  }
  SOUK_TRY(context.confirm("delete model " + reference.model_name() + " and all its versions"));
  SOUK_TRY(context.remote.send("DELETE", model_path(reference), ""));
  context.out.remark("deleted " + reference.model_name());
  return {};
}

Status version_list(const Context& context, const std::string& model) {
  const Reference reference = SOUK_TRY(parse_reference(model));
  const json::Document document = SOUK_TRY(context.remote.list(model_path(reference) + "/versions", "versions"));
  context.out.print(document.root(), [&] {
    const std::vector<json::Value> rows = rows_of(document, "versions");
    if (rows.empty()) return "no versions yet; push one: souk model push PATH " + reference.model_name() + "\n";
    return table(version_columns(), rows);
  });
  return {};
}

Status version_show(const Context& context, const std::string& text) {
  const Reference reference = SOUK_TRY(parse_reference(text));
  const std::int64_t number = SOUK_TRY(resolve_version(context.remote, reference));
  const json::Document document = SOUK_TRY(context.remote.get(version_path(reference, number)));
  context.out.print(document.root(), [&] { return version_card(document.root()); });
  return {};
}

Status version_archive(const Context& context, const std::string& text, bool archived) {
  const Reference reference = SOUK_TRY(parse_reference(text));
  const std::int64_t number = SOUK_TRY(resolve_version(context.remote, reference));
  const std::string body = archived ? R"({"state":"ARCHIVED"})" : R"({"state":"LIVE"})";
  const json::Document document = SOUK_TRY(context.remote.send("PATCH", version_path(reference, number), body));
  context.out.print(document.root(), [&] { return version_card(document.root()); });
  return {};
}

Status version_delete(const Context& context, const std::string& text) {
  const Reference reference = SOUK_TRY(parse_reference(text));
  const std::int64_t number = SOUK_TRY(resolve_version(context.remote, reference));
  const std::string shown = "version " + std::to_string(number) + " of " + reference.model_name();
  SOUK_TRY(context.confirm("delete " + shown));
  SOUK_TRY(context.remote.send("DELETE", version_path(reference, number), ""));
  context.out.remark("deleted " + shown);
  return {};
}

}  // namespace souk::cli
