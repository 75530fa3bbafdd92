// SPDX-License-Identifier: Apache-2.0
//
// souk fetch model-registry://…: what KServe's storage initializer asks a model registry for.
#include <algorithm>

#include "base/digest.h"
#include "cli/catalog/catalog_commands.h"
#include "cli/login.h"
#include "cli/transfer/transfer.h"
#include "net/message.h"

namespace souk::cli {
namespace {

constexpr std::string_view kScheme = "model-registry://";
constexpr std::string_view kDoor = "/api/model_registry/v1alpha3";

bool is_host(std::string_view part) {
  return part == "localhost" || part.find_first_of(".:") != std::string_view::npos;
}

bool is_loopback(std::string_view host) {
  return host.starts_with("localhost") || host.starts_with("127.") || host.starts_with("[::1]");
}

std::string authority_of(std::string_view url) {
  const std::size_t begin = url.find("://");
  const std::string_view rest = begin == std::string_view::npos ? url : url.substr(begin + 3);
  return std::string(rest.substr(0, rest.find('/')));
}

Error no_bytes(const RegistryAddress& address, const std::string& why) {
  return failed_precondition("version " + (address.version.empty() ? "of " : address.version + " of ") + address.model +
                             " " + why)
      .advise("souk model import URL " + address.model);
}

Result<json::Document> ask(Remote& remote, const std::string& path) {
  return remote.get(std::string(kDoor) + path);
}

// The id of the version that is meant. Errors: not_found
Result<std::string> version_of(Remote& remote, const RegistryAddress& address) {
  const json::Document model =
      SOUK_TRY(ask(remote, "/registered_model?name=" + net::encode_query_value(address.model)));
  const std::string of = cell(model.root(), "id");
  if (!address.version.empty()) {
    const json::Document version = SOUK_TRY(
        ask(remote, "/model_version?name=" + net::encode_query_value(address.version) + "&parentResourceId=" + of));
    return cell(version.root(), "id");
  }
  const json::Document versions =
      SOUK_TRY(ask(remote, "/registered_models/" + of + "/versions?pageSize=1&orderBy=ID&sortOrder=DESC&filterQuery=" +
                               net::encode_query_value("state = 'LIVE'")));
  const std::vector<json::Value> rows = rows_of(versions, "items");
  if (rows.empty()) return not_found("the model " + address.model + " has no version yet");
  return cell(rows.front(), "id");
}

// Where its bytes are. Errors: failed_precondition (nowhere)
Result<std::string> uri_of(Remote& remote, const RegistryAddress& address) {
  const std::string version = SOUK_TRY(version_of(remote, address));
  const json::Document artifacts =
      SOUK_TRY(ask(remote, "/model_versions/" + version + "/artifacts?artifactType=model-artifact&pageSize=10"));
  for (const json::Value row : rows_of(artifacts, "items")) {
    if (std::string uri = cell(row, "uri"); !uri.empty()) return uri;
  }
  return no_bytes(address, "has no bytes yet");
}

struct Repository {
  std::string name, reference;
};

// oci://HOST/NAME@DIGEST or NAME:TAG of this very server. Errors: failed_precondition (bytes elsewhere)
Result<Repository> repository_of(const Remote& remote, const RegistryAddress& address, const std::string& uri) {
  const std::string here = "oci://" + authority_of(remote.url()) + "/";
  if (!uri.starts_with(here)) return no_bytes(address, "has its bytes elsewhere: " + printable(uri));
  const std::string rest = uri.substr(here.size());
  const std::size_t mark = std::min(rest.find('@'), rest.rfind(':'));
  if (mark == std::string::npos) return Repository{rest, "latest"};
  return Repository{rest.substr(0, mark), rest.substr(mark + 1)};
}

Status fetch_from(const Context& context, Remote& remote, const RegistryAddress& address, const FetchOptions& options) {
  const std::string uri = SOUK_TRY(uri_of(remote, address));
  const Repository from = SOUK_TRY(repository_of(remote, address, uri));
  const PullPlan plan = SOUK_TRY(fetch_plan(remote, from.name, from.reference));
  const std::string folder = !options.folder.empty() ? options.folder : from.name.substr(from.name.rfind('/') + 1);
  Progress progress("fetch " + from.name, plan.size, context.out.quiet());
  SOUK_TRY(pull_files(remote, from.name, plan, folder, options.force, progress));
  progress.finish();
  std::string text = "{\"digest\":" + json::write(plan.digest.string()) + ",\"uri\":" + json::write(uri) +
                     ",\"folder\":" + json::write(folder) + ",\"files\":[";
  for (const PullFile& file : plan.files) text += (text.ends_with('[') ? "" : ",") + json::write(file.path);
  const json::Document document = SOUK_TRY(json::Document::parse(text + "]}"));
  context.out.print(document.root(), [&] {
    return "fetched " + address.model + " into " + folder + " (" + std::to_string(plan.files.size()) + " files, " +
           human_bytes(static_cast<double>(plan.size)) + ")\n" + plan.digest.string() + "\n";
  });
  return {};
}

}  // namespace

Result<RegistryAddress> parse_registry_address(std::string_view uri) {
  const auto wrong = [&] {
    return invalid_argument("'" + printable(uri) + "' is no address in a model registry")
        .advise("write model-registry://[HOST/]MODEL[/VERSION]");
  };
  if (!uri.starts_with(kScheme)) return wrong();
  std::vector<std::string> parts;
  std::string_view rest = uri.substr(kScheme.size());
  for (std::size_t at = 0; at <= rest.size();) {
    const std::size_t slash = std::min(rest.find('/', at), rest.size());
    parts.push_back(SOUK_TRY(net::decode_path_segment(rest.substr(at, slash - at))));
    at = slash + 1;
  }
  RegistryAddress out;
  if (parts.size() > 1 && is_host(parts.front())) {
    out.host = parts.front();
    parts.erase(parts.begin());
  }
  if (parts.empty() || parts.size() > 3 || std::ranges::any_of(parts, &std::string::empty)) return wrong();
  out.model = parts[0];
  if (parts.size() == 3) out.model += "/" + parts[1];
  if (parts.size() > 1) out.version = parts.back();
  return out;
}

Status fetch(const Context& context, const FetchOptions& options) {
  const RegistryAddress address = SOUK_TRY(parse_registry_address(options.uri));
  if (address.host.empty() || address.host == authority_of(context.remote.url())) {
    return fetch_from(context, context.remote, address, options);
  }
  const std::string url = (is_loopback(address.host) ? "http://" : "https://") + address.host;
  const Login login = SOUK_TRY(find_login(url));
  Remote remote(login.url, login.key);
  return fetch_from(context, remote, address, options);
}

}  // namespace souk::cli
