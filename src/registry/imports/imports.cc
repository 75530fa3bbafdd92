// SPDX-License-Identifier: Apache-2.0
#include "registry/imports/imports.h"

#include <algorithm>

#include "registry/imports/download.h"
#include "registry/imports/import_job.h"
#include "registry/state.h"

namespace souk::registry {

namespace {

constexpr const char* kQueue = "imports";
constexpr std::size_t kMostAliases = 20;

struct Payload {
  ImportId import;
};
BOOST_DESCRIBE_STRUCT(Payload, (), (import))

Error missing_import(ImportId id) {
  return not_found("there is no import " + std::to_string(id.value) + " of this model");
}

std::string without_options(const std::string& url) {
  std::string out = url.substr(0, url.find('?'));
  while (out.ends_with('/')) out.pop_back();
  return out;
}

}  // namespace

Result<std::string> Imports::State::allowed_prefix(const std::string& source) const {
  const std::string wanted = without_options(source);
  const bool is_plain =
      std::ranges::none_of(wanted, [](unsigned char c) { return c <= 0x20 || c >= 0x7f || c == '%'; }) &&
      (wanted + "/").find("/../") == std::string::npos && (wanted + "/").find("/./") == std::string::npos;
  for (const std::string& allowed : settings.s3) {
    if (!is_plain || !blobs::ForeignObjects::lies_in(wanted, without_options(allowed))) continue;
    const std::size_t options = allowed.find('?');
    return wanted + (options == std::string::npos ? "" : allowed.substr(options));
  }
  return permission_denied("nothing is imported from " + access::as_shown(source))
      .at("s3")
      .advise("who runs this server says by imports.s3 which prefixes may be imported");
}

Status Imports::State::tell(store::Tx& tx, const Import& import, std::string_view type, const access::Call* call) {
  events::NewEvent event;
  event.type = type;
  event.namespace_id = import.namespace_id;
  event.namespace_ = SOUK_TRY(access.namespace_slug(import.namespace_id));
  event.kind = "import";
  event.id = import.id.value;
  event.name = import.model;
  if (call != nullptr) {
    access::sign(event, *call);
  } else {
    event.actor = import.actor;
  }
  std::string data = R"({"state":")" + std::string(json::enum_name(import.state)) + R"(",)";
  if (import.has_phase()) data += R"("phase":")" + std::string(json::enum_name(import.phase)) + R"(",)";
  data += R"("done_bytes":)" + std::to_string(import.done_bytes) + R"(,"files":)" + std::to_string(import.files);
  if (import.total_bytes) data += R"(,"total_bytes":)" + std::to_string(*import.total_bytes);
  if (import.version) data += R"(,"version":)" + std::to_string(*import.version);
  event.data.text = data + "}";
  return events.append(tx, event);
}

Result<std::optional<Import>> Imports::State::find(store::Tx& tx, const work::Item& item) {
  const auto payload = SOUK_TRY(json::read<Payload>(item.payload.text));
  return find_import(tx, payload.import);
}

Result<std::unique_ptr<ImportJob>> Imports::State::job(work::Attempt& attempt, Import import) {
  std::string ns = SOUK_TRY(access.namespace_slug(import.namespace_id));
  return std::make_unique<ImportJob>(*this, attempt, std::move(import), std::move(ns));
}

Status Imports::State::save(store::Tx& tx, const Import& import) {
  SOUK_TRY(update_import(tx, import));
  return tell(tx, import, "import.changed", nullptr);
}

Status Imports::State::let_go(store::Tx& tx, const Import& import) {
  return delete_import_files(tx, import.id);
}

Result<std::unique_ptr<Imports>> Imports::make(ImportSettings settings, blobs::S3Settings s3, store::Store& store,
                                               events::Log& events, access::Access& access,
                                               artifacts::Artifacts& artifacts, Registry& registry, work::Work& work,
                                               Logger& log, Metrics& metrics) {
  Result<net::AddressGuard> guard = net::AddressGuard::parse(settings.allow);
  if (!guard) return std::move(guard).error().at("imports.allow");
  for (const std::string& prefix : settings.s3) {
    if (Result<std::string> url = blobs::Blobs::canonical_url(prefix); !url || !prefix.starts_with("s3://")) {
      return invalid_argument("imports.s3 holds '" + settings::mask_url(prefix) + "', which is no prefix in S3")
          .at("imports.s3")
          .advise("s3://BUCKET/PREFIX?endpoint=https://HOST&region=NAME");
    }
  }
  const std::int64_t concurrency = settings.concurrency;
  auto state = std::shared_ptr<State>(new State{std::move(settings), std::move(s3), std::move(*guard), store, events,
                                                access, artifacts, registry, work, log, metrics});
  add_row_queue(*state, work, kQueue, concurrency);
  return std::unique_ptr<Imports>(new Imports(std::move(state)));
}

Imports::~Imports() = default;

Result<Import> Imports::create(const access::Call& call, const artifacts::Repository& repository,
                               const NewImport& wanted) {
  State& state = *state_;
  Import import;
  import.namespace_id = repository.namespace_id;
  import.model = repository.model;
  import.kind = wanted.kind;
  import.source = wanted.source;
  import.file_name = wanted.file_name;
  import.folder = wanted.folder;
  import.tag = wanted.tag;
  import.actor = call.principal->name;
  import.create_time = now();
  if (wanted.kind == ImportKind::URL) {
    SOUK_TRY(check_import_url(wanted.source));
    if (import.file_name.empty()) import.file_name = file_name_of_url(wanted.source);
  } else if (wanted.kind == ImportKind::S3) {
    SOUK_TRY(state.allowed_prefix(wanted.source));
  } else {
    Result<Digest> digest = Digest::parse(wanted.source);
    if (!digest) return std::move(digest).error().at("blob");
    import.total_bytes = static_cast<std::int64_t>(SOUK_TRY(state.artifacts.blob_size(repository, *digest)));
    import.archive = *digest;
    if (import.file_name.empty()) import.file_name = "model";
  }
  for (auto [text, field] : {std::pair(&import.file_name, "file_name"), std::pair(&import.folder, "folder")}) {
    if (text->empty()) continue;
    if (Status fits = check_import_path(*text); !fits) return Error(fits.error()).at(field);
  }
  if (!import.tag.empty() && !is_tag(import.tag)) {
    return invalid_argument("the tag " + access::as_shown(import.tag) + " is not allowed").at("tag");
  }
  if (wanted.aliases.size() > kMostAliases) return invalid_argument("there are more than 20 aliases").at("aliases");
  for (const std::string& alias : wanted.aliases) {
    if (!is_tag(alias))
      return invalid_argument("the alias " + access::as_shown(alias) + " is not allowed").at("aliases");
  }
  import.aliases.text = json::write(wanted.aliases);
  return state.store.write([&](store::Tx& tx) -> Result<Import> {
    Import made = SOUK_TRY(insert_import(tx, import));
    const work::Enqueued item = SOUK_TRY(state.work.enqueue(tx, {.queue = kQueue,
                                                                 .payload = json::Raw{json::write(Payload{made.id})},
                                                                 .namespace_id = repository.namespace_id}));
    made.item_id = item.id;
    SOUK_TRY(set_import_item(tx, made.id, item.id));
    SOUK_TRY(state.tell(tx, made, "import.created", &call));
    return made;
  });
}

Result<Import> Imports::get(const artifacts::Repository& repository, ImportId id) {
  auto import = SOUK_TRY(state_->store.read([&](store::Tx& tx) { return find_import(tx, repository, id); }));
  if (!import) return missing_import(id);
  return std::move(*import);
}

Result<std::vector<Import>> Imports::list(const artifacts::Repository& repository) {
  return state_->store.read([&](store::Tx& tx) { return list_imports(tx, repository); });
}

Result<Import> Imports::cancel(const access::Call& call, const artifacts::Repository& repository, ImportId id) {
  SOUK_TRY(state_->store.write([&](store::Tx& tx) -> Status {
    auto import = SOUK_TRY(find_import(tx, repository, id));
    if (!import) return missing_import(id);
    if (import->is_over()) {
      return failed_precondition("import " + std::to_string(id.value) +
                                 " is over: " + std::string(json::enum_name(import->state)));
    }
    SOUK_TRY(state_->tell(tx, *import, "import.cancelled", &call));
    SOUK_TRY(state_->work.cancel(tx, import->item_id));
    return {};
  }));
  return get(repository, id);
}

}  // namespace souk::registry
