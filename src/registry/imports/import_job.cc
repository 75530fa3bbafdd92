// SPDX-License-Identifier: Apache-2.0
#include "registry/imports/import_job.h"

#include <array>

#include "base/model_format/model_format.h"
#include "registry/imports/download.h"

namespace souk::registry {

namespace {

constexpr std::size_t kPiece = 1 << 20;

ArchiveLimits limits_of(const ImportSettings& settings) {
  return {settings.max_bytes.count, static_cast<std::uint64_t>(settings.max_files), settings.max_ratio};
}

}  // namespace

ImportJob::ImportJob(Imports::State& state, work::Attempt& attempt, Import import, std::string ns)
    : RowJob(state, attempt, std::move(import)), repository_{row_.namespace_id, std::move(ns), row_.model} {
  // The right to do it was checked when it was asked for; what is done is done in that one's name.
  auto principal = std::make_shared<access::Principal>(*state.access.system());
  principal->name = row_.actor;
  call_.principal = std::move(principal);
  call_.namespace_ = repository_.namespace_;
}

Status ImportJob::run() {
  auto files = SOUK_TRY(state_.store.read([&](store::Tx& tx) { return import_files(tx, row_.id); }));
  for (ImportedFile& file : files) files_.emplace(file.path, std::move(file));
  row_.state = ImportState::RUNNING;
  row_.files = 0;
  row_.done_bytes = 0;
  if (row_.phase != ImportPhase::SEAL) {
    SOUK_TRY(note(true));
    if (row_.kind == ImportKind::S3) {
      SOUK_TRY(take_prefix());
    } else {
      if (row_.kind == ImportKind::URL && !row_.archive) SOUK_TRY(fetch_url());
      SOUK_TRY(take_blob(*row_.archive, row_.file_name));
    }
  }
  return seal();
}

Status ImportJob::fetch_url() {
  DownloadState at;
  if (const std::string& saved = attempt_.item().checkpoint.text; saved != "null") {
    at = SOUK_TRY(json::read<DownloadState>(saved));
  }
  Downloading how{
      state_.guard,
      state_.settings,
      state_.artifacts.blobs(),
      attempt_.stop(),
      [&](const DownloadState& state) {
        return state_.store.write([&](store::Tx& tx) { return attempt_.save(tx, json::Raw{json::write(state)}); });
      },
      [&](std::uint64_t done, std::optional<std::uint64_t> total) {
        row_.done_bytes = static_cast<std::int64_t>(done);
        if (total) row_.total_bytes = static_cast<std::int64_t>(*total);
        return note();
      }};
  std::unique_ptr<blobs::Writer> writer = SOUK_TRY(download(how, row_.source, at));
  const std::uint64_t size = writer->size();
  // The archive is a blob of the model like any other, and collected when nothing comes to name it.
  Digest digest = SOUK_TRY(state_.artifacts.commit_and_link(
      repository_, size, std::nullopt, [&] { return writer->commit(std::nullopt); },
      [](store::Tx&, const Digest&) { return Status(); }));
  row_.archive = digest;
  row_.total_bytes = static_cast<std::int64_t>(size);
  row_.done_bytes = 0;
  return note(true);
}

Status ImportJob::take_blob(const Digest& digest, const std::string& file_name) {
  std::unique_ptr<blobs::Reader> reader = SOUK_TRY(state_.artifacts.open_blob(repository_, digest));
  row_.phase = ImportPhase::UNPACK;
  row_.total_bytes = static_cast<std::int64_t>(reader->size());
  SOUK_TRY(note(true));
  std::array<std::byte, 512> head{};
  const std::size_t got = SOUK_TRY(reader->read_at(0, head));
  if (looks_like_archive(std::span(head).first(got))) return unpack(*reader);
  if (!row_.folder.empty()) {
    return invalid_argument("a file that is no archive has no folder " + access::as_shown(row_.folder)).at("folder");
  }
  // The bytes are stored already; only their name is new.
  files_.clear();
  files_.emplace(file_name, ImportedFile{file_name, static_cast<std::int64_t>(reader->size()), digest, false});
  row_.files = 1;
  return state_.store.write([&](store::Tx& tx) -> Status {
    SOUK_TRY(attempt_.check(tx));
    return insert_import_file(tx, row_.id, files_.begin()->second);
  });
}

std::optional<std::string> ImportJob::wanted(const std::string& path) const {
  if (row_.folder.empty()) return path;
  const std::string folder = row_.folder + "/";
  return path.starts_with(folder) ? std::optional(path.substr(folder.size())) : std::nullopt;
}

Status ImportJob::unpack(blobs::Reader& reader) {
  ArchiveSource source{reader.size(), [&](std::uint64_t offset, std::span<std::byte> into) -> Result<std::size_t> {
                         row_.done_bytes = std::max(row_.done_bytes, static_cast<std::int64_t>(offset));
                         SOUK_TRY(note());
                         return reader.read_at(offset, into);
                       }};
  std::unique_ptr<Archive> archive = SOUK_TRY(Archive::open(std::move(source), limits_of(state_.settings)));
  std::vector<std::byte> rest(kPiece);
  while (std::optional<ArchiveEntry> entry = SOUK_TRY(archive->next())) {
    const std::optional<std::string> path = wanted(entry->path);
    if (path) {
      SOUK_TRY(store_file(*path, entry->executable, [&](std::span<std::byte> into) { return archive->read(into); }));
    } else {
      while (SOUK_TRY(archive->read(rest)) > 0) {
      }
    }
  }
  return {};
}

Status ImportJob::take_prefix() {
  const std::string url = SOUK_TRY(state_.allowed_prefix(row_.source));
  auto objects = SOUK_TRY(blobs::ForeignObjects::open(url, state_.s3, state_.log, state_.metrics));
  row_.phase = ImportPhase::UNPACK;
  ImportPaths paths;
  std::uint64_t bytes = 0;
  for (std::string after;;) {
    const auto page = SOUK_TRY(objects->list(after));
    if (page.empty()) break;
    after = page.back().path;
    for (const blobs::ForeignObject& object : page) {
      const std::optional<std::string> path = wanted(object.path);
      if (!path || is_left_out(*path)) continue;
      SOUK_TRY(check_import_path(*path));
      SOUK_TRY(paths.add(*path));
      bytes += object.size;
      if (paths.size() > static_cast<std::size_t>(state_.settings.max_files) ||
          bytes > state_.settings.max_bytes.count) {
        return resource_exhausted("the prefix holds more than the " + std::to_string(state_.settings.max_files) +
                                  " files or " + std::to_string(state_.settings.max_bytes.count) +
                                  " bytes that one import may have");
      }
      if (files_.contains(*path)) {  // by an earlier attempt
        row_.files++;
        row_.done_bytes += static_cast<std::int64_t>(object.size);
        continue;
      }
      auto reader = objects->read(object);
      std::uint64_t at = 0;
      SOUK_TRY(store_file(*path, false, [&](std::span<std::byte> into) -> Result<std::size_t> {
        const std::size_t got = SOUK_TRY(reader->read_at(at, into));
        at += got;
        row_.done_bytes += static_cast<std::int64_t>(got);
        SOUK_TRY(note());
        return got;
      }));
    }
  }
  return {};
}

Status ImportJob::store_file(const std::string& path, bool executable,
                             const std::function<Result<std::size_t>(std::span<std::byte>)>& read) {
  std::vector<std::byte> piece(kPiece);
  row_.files++;
  if (files_.contains(path)) {
    while (SOUK_TRY(read(piece)) > 0) {
    }
    return check_stop();
  }
  std::unique_ptr<blobs::Writer> writer = SOUK_TRY(state_.artifacts.blobs().create());
  Status written = [&]() -> Status {
    while (std::size_t got = SOUK_TRY(read(piece))) {
      SOUK_TRY(writer->write(std::span(piece).first(got)));
      SOUK_TRY(check_stop());
    }
    return {};
  }();
  if (!written) {
    writer->discard();
    return written;
  }
  ImportedFile file{path, static_cast<std::int64_t>(writer->size()), {}, executable};
  file.digest = SOUK_TRY(state_.artifacts.commit_and_link(
      repository_, writer->size(), std::nullopt, [&] { return writer->commit(std::nullopt); },
      [&](store::Tx& tx, const Digest& digest) -> Status {
        SOUK_TRY(attempt_.check(tx));
        return insert_import_file(tx, row_.id, ImportedFile{path, file.size, digest, executable});
      }));
  files_.emplace(path, std::move(file));
  return note();
}

Status ImportJob::seal() {
  if (files_.empty()) {
    return invalid_argument(row_.folder.empty()
                                ? "there are no files in it (hidden ones are left out)"
                                : "there are no files below the folder " + access::as_shown(row_.folder));
  }
  row_.phase = ImportPhase::SEAL;
  SOUK_TRY(note(true));
  std::vector<ModelFile> packed;
  for (const auto& [path, file] : files_) {
    ModelFile one{path, static_cast<std::uint64_t>(file.size), file.executable, "", false, file.digest};
    one.media_type = layer_media_type(path, one.guessed);
    packed.push_back(std::move(one));
  }
  const ModelTexts version = make_model_manifest(packed, std::nullopt);
  const Digest config = SOUK_TRY(state_.artifacts.blobs().put(as_bytes(version.config)));
  SOUK_TRY(state_.artifacts.link_blob(repository_, config, version.config.size()));
  const Pushed pushed = SOUK_TRY(state_.registry.push_manifest(
      call_, repository_, row_.tag.empty() ? "latest" : row_.tag, kImageManifestType, version.manifest));
  if (!pushed.version) return internal("an import made no version");
  auto model =
      SOUK_TRY(state_.registry.get_model(call_, access::Role::WRITER, repository_.namespace_, repository_.model));
  for (const std::string& alias : SOUK_TRY(json::read<std::vector<std::string>>(row_.aliases.text))) {
    SOUK_TRY(state_.registry.set_alias(call_, model, alias, std::to_string(pushed.version->number)));
  }
  return finish(pushed);
}

Status ImportJob::finish(const Pushed& pushed) {
  row_.state = ImportState::SUCCEEDED;
  row_.version = pushed.version->number;
  row_.digest = pushed.digest;
  if (row_.total_bytes) row_.done_bytes = *row_.total_bytes;
  return state_.store.write([&](store::Tx& tx) -> Status {
    SOUK_TRY(attempt_.complete(tx));
    SOUK_TRY(state_.save(tx, row_));
    return state_.let_go(tx, row_);
  });
}

}  // namespace souk::registry
