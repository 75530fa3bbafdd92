// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/transfer/transfer.h"

namespace souk::cli {
namespace {

struct NewImport {
  std::optional<std::string> blob, url, s3;
  std::optional<std::string> file_name, folder, tag;
  std::vector<std::string> aliases;
};
BOOST_DESCRIBE_STRUCT(NewImport, (), (blob, url, s3, file_name, folder, tag, aliases))

const std::vector<Column>& import_columns() {
  const auto size = [](const char* name) {
    return [name](json::Value v) {
      const std::int64_t bytes = integer_at(v, name, -1);
      return bytes < 0 ? "" : human_bytes(static_cast<double>(bytes));
    };
  };
  static const std::vector<Column> columns{{"IMPORT", "id"},
                                           {"STATE", "state"},
                                           {"PHASE", "phase"},
                                           {"SOURCE", "source"},
                                           {"DONE", "", size("done_bytes")},
                                           {"OF", "", size("total_bytes")},
                                           {"FILES", "files"},
                                           {"VERSION", "version"},
                                           {"CREATED", "create_time"},
                                           {"ERROR", "error"}};
  return columns;
}

std::string imports_path(const Reference& model) {
  return api_path({"namespaces", model.namespace_, "models", model.model, "imports"});
}

// Uploads an archive, or a file, as a blob of the model.
Result<Digest> upload(const Context& context, const Reference& model, const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return invalid_argument(path.string() + " is a folder")
        .advise("souk model push " + path.string() + " " + model.model_name());
  }
  PackFile file;
  file.on_disk = std::filesystem::canonical(path, error);
  if (error) return not_found("cannot read " + path.string() + ": " + error.message());
  file.path = path.filename().string();
  file.size = std::filesystem::file_size(file.on_disk, error);
  if (error) return not_found("cannot read " + path.string() + ": " + error.message());
  Progress progress("upload " + file.path, file.size, context.out.quiet());
  const auto digests = SOUK_TRY(push_files(context.remote, model.model_name(), {file}, progress));
  return digests.front();
}

Status print_end(const Context& context, const Reference& model, const json::Document& import) {
  context.out.print(import.root(), [&] { return card(import_columns(), import.root()); });
  const std::string state = cell(import.root(), "state"), name = model.model_name();
  if (state == "SUCCEEDED") {
    context.out.remark("next: souk deploy " + name + ":" + cell(import.root(), "version"));
  } else if (state == "FAILED") {
    return failed_precondition("the import failed: " + cell(import.root(), "error"))
        .advise("souk model imports " + name);
  } else if (state == "CANCELLED") {
    return cancelled("the import was cancelled").advise("souk model imports " + name);
  } else {
    context.out.remark("next: souk model imports " + name);
  }
  return {};
}

}  // namespace

Status model_import(const Context& context, const ImportOptions& options) {
  const Reference model = SOUK_TRY(parse_reference(options.reference));
  if (!model.alias.empty() || model.digest) {
    return invalid_argument("an import makes a version, which is named by a tag: " + model.model_name() + "[:tag]")
        .advise("use --alias to point an alias at it");
  }
  NewImport wanted;
  if (options.source.starts_with("http://") || options.source.starts_with("https://")) {
    wanted.url = options.source;
  } else if (options.source.starts_with("s3://")) {
    wanted.s3 = options.source;
  } else {
    wanted.blob = SOUK_TRY(upload(context, model, options.source)).string();
    wanted.file_name = std::filesystem::path(options.source).filename().string();
  }
  if (!options.folder.empty()) wanted.folder = options.folder;
  if (!model.tag.empty()) wanted.tag = model.tag;
  wanted.aliases = options.aliases;
  json::Document import = SOUK_TRY(context.remote.send("POST", imports_path(model), json::write(wanted)));
  if (!options.no_wait) {
    import = SOUK_TRY(follow_to_end(
        context, "import " + model.model_name(), imports_path(model) + "/" + cell(import.root(), "id"),
        "/api/v1/events?types=import.*&namespace=" + net::encode_query_value(model.namespace_), {"QUEUED", "RUNNING"}));
  }
  return print_end(context, model, import);
}

Status model_imports(const Context& context, const std::string& reference) {
  const Reference model = SOUK_TRY(parse_reference(reference));
  const json::Document document = SOUK_TRY(context.remote.get(imports_path(model)));
  context.out.print(document.root(), [&] {
    const std::vector<json::Value> rows = rows_of(document, "imports");
    if (rows.empty()) return std::string("nothing was imported yet\n");
    return table(import_columns(), rows);
  });
  return {};
}

Status model_cancel_import(const Context& context, const std::string& reference, const std::string& import) {
  const Reference model = SOUK_TRY(parse_reference(reference));
  const json::Document answer = SOUK_TRY(
      context.remote.send("POST", imports_path(model) + "/" + net::encode_path_segment(import) + ":cancel", "{}"));
  context.out.print(answer.root(), [&] { return card(import_columns(), answer.root()); });
  return {};
}

}  // namespace souk::cli
