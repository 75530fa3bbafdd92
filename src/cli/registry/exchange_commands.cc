// SPDX-License-Identifier: Apache-2.0
#include "cli/registry/exchange_commands.h"

#include <filesystem>

#include "cli/follow.h"
#include "cli/reference.h"
#include "cli/transfer/transfer.h"

namespace souk::cli {
namespace {

constexpr const char* kArchives = "/namespace-archives";

struct Options {
  std::string ns = std::string(kDefaultNamespace), file;
  bool skip = false, force = false, no_wait = false;
};

struct NewImport {
  Digest archive;
  std::string conflict;
};
BOOST_DESCRIBE_STRUCT(NewImport, (), (archive, conflict))
struct NewNamespace {
  std::string slug, name;
};
BOOST_DESCRIBE_STRUCT(NewNamespace, (), (slug, name))

std::string transfer_card(json::Value transfer) {
  return card({{"Namespace", "namespace"},
               {"Kind", "kind"},
               {"Id", "id"},
               {"State", "state"},
               {"Phase", "phase"},
               {"Of", "source"},
               {"Objects", "objects"},
               {"Unchanged", "unchanged"},
               {"Skipped", "skipped"},
               {"Bytes", "",
                [](json::Value v) {
                  const auto bytes = v.find("total_bytes");
                  return bytes ? human_bytes(static_cast<double>(bytes->integer())) : std::string();
                }},
               {"Archive", "archive"},
               {"Error", "error"}},
              transfer);
}

Result<json::Document> followed(const Context& context, const Options& options, const std::string& path,
                                json::Document begun) {
  if (options.no_wait) return begun;
  return follow_to_end(
      context, cell(begun.root(), "kind") == "EXPORT" ? "export " + options.ns : "import " + options.ns,
      path + "/" + cell(begun.root(), "id"),
      "/api/v1/events?types=transfer.*&namespace=" + net::encode_query_value(options.ns), {"QUEUED", "RUNNING"});
}

Status check_end(const std::string& what, json::Value transfer) {
  const std::string state = cell(transfer, "state");
  if (state == "FAILED") return failed_precondition("the " + what + " failed: " + cell(transfer, "error"));
  if (state == "CANCELLED") return cancelled("the " + what + " was cancelled");
  return {};
}

Status export_namespace(const Context& context, const Options& options) {
  const std::string path = api_path({"namespaces", options.ns, "exports"});
  const std::filesystem::path file = options.file.empty() ? options.ns + ".souk.tar.zst" : options.file;
  json::Document done = SOUK_TRY(followed(context, options, path, SOUK_TRY(context.remote.send("POST", path, "{}"))));
  SOUK_TRY(check_end("export", done.root()));
  if (!options.no_wait) {
    PullPlan plan;
    plan.size = static_cast<std::uint64_t>(done.root().find("total_bytes")->integer());
    plan.files.push_back(
        {file.filename().string(), SOUK_TRY(Digest::parse(cell(done.root(), "archive"))), plan.size, false});
    Progress progress("download " + file.filename().string(), plan.size, context.out.quiet());
    SOUK_TRY(pull_files(context.remote, options.ns + kArchives, plan,
                        file.has_parent_path() ? file.parent_path() : std::filesystem::path("."), options.force,
                        progress));
    progress.finish();
  }
  context.out.print(done.root(), [&] { return transfer_card(done.root()); });
  if (!options.no_wait) context.out.remark("next: souk import " + file.string() + " --into NAMESPACE");
  return {};
}

// The namespace, which is made when there is none.
Status have_namespace(const Context& context, const std::string& ns) {
  const auto there = context.remote.get(api_path({"namespaces", ns}));
  if (there) return {};
  if (there.error().code != Code::not_found) return there.error();
  SOUK_TRY(context.remote.send("POST", "/api/v1/namespaces", json::write(NewNamespace{ns, ns})));
  context.out.remark("made namespace " + ns);
  return {};
}

Status import_namespace(const Context& context, const Options& options) {
  PackFile file;
  std::error_code error;
  file.on_disk = std::filesystem::canonical(options.file, error);
  if (!error) file.size = std::filesystem::file_size(file.on_disk, error);
  if (error) return not_found("cannot read " + options.file + ": " + error.message());
  file.path = std::filesystem::path(options.file).filename().string();
  SOUK_TRY(have_namespace(context, options.ns));
  Progress progress("upload " + file.path, file.size, context.out.quiet());
  const auto digests = SOUK_TRY(push_files(context.remote, options.ns + kArchives, {file}, progress));
  progress.finish();
  const std::string path = api_path({"namespaces", options.ns, "imports"});
  const NewImport wanted{digests.front(), options.skip ? "SKIP" : "FAIL"};
  json::Document done =
      SOUK_TRY(followed(context, options, path, SOUK_TRY(context.remote.send("POST", path, json::write(wanted)))));
  context.out.print(done.root(), [&] { return transfer_card(done.root()); });
  return check_end("import", done.root());
}

}  // namespace

void add_exchange(CommandLine& line) {
  auto o = std::make_shared<Options>();
  CLI::App* out = line.verb(&line.app, "export", "Write all that is in a namespace to one archive, and download it",
                            [o](const Context& c) { return export_namespace(c, *o); });
  out->add_option("namespace", o->ns, "Its name")->required();
  out->add_option("file", o->file, "Where to (default: NAMESPACE.souk.tar.zst)");
  out->add_flag("--force", o->force, "Replace a file that is there");
  out->add_flag("--no-wait", o->no_wait, "Do not wait, and do not download");
  CLI::App* in = line.verb(&line.app, "import", "Take what an archive of a namespace holds",
                           [o](const Context& c) { return import_namespace(c, *o); });
  in->add_option("file", o->file, "What souk export wrote")->required();
  in->add_option("--into", o->ns, "The namespace; it is made when there is none (default: default)");
  in->add_flag("--skip", o->skip, "Leave objects whose name is taken as they are (else nothing is imported)");
  in->add_flag("--no-wait", o->no_wait, "Do not wait until it is over");
}

}  // namespace souk::cli
