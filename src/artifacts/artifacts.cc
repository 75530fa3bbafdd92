// SPDX-License-Identifier: Apache-2.0
//
// Blobs of a repository and upload sessions; manifests are in manifest_store.cc, collection in collect.cc.
#include "artifacts/artifacts.h"

#include <algorithm>
#include <cctype>

#include "artifacts/blob_rows.h"
#include "artifacts/sessions.h"

namespace souk::artifacts {

namespace {

Error missing_upload(const std::string& id) {
  return not_found("upload " + id + " does not exist or has expired").advise("start the upload again");
}

Status link(store::Tx& tx, const Repository& repository, const Digest& digest, std::int64_t generation,
            std::uint64_t size) {
  bool linked = SOUK_TRY(link_row(tx, repository, digest, generation, static_cast<std::int64_t>(size), now()));
  if (!linked) return being_removed(digest);
  return {};
}

}  // namespace

Artifacts::Artifacts(store::Store& store, blobs::Blobs& blobs, Logger& log, Metrics& metrics, LinkFence* fence)
    : store_(store),
      blobs_(blobs),
      log_(log),
      fence_(fence),
      collected_(
          metrics.counter("souk_artifacts_collected_blobs_total", "Blobs dropped because nothing used them").with()),
      sessions_(std::make_shared<Sessions>()) {}

Result<std::uint64_t> Artifacts::blob_size(const Repository& repository, const Digest& digest) {
  auto held = SOUK_TRY(store_.read([&](store::Tx& tx) { return find_held_blob(tx, repository, digest); }));
  if (!held) return missing_blob(repository, digest);
  // A client that asks may be about to push a manifest that relies on the answer.
  if (!held->named && now() - held->link_time >= kFresh) {
    SOUK_TRY(link_blob(repository, digest, static_cast<std::uint64_t>(held->size)));
  }
  return static_cast<std::uint64_t>(held->size);
}

Result<std::unique_ptr<blobs::Reader>> Artifacts::open_blob(const Repository& repository, const Digest& digest) {
  SOUK_TRY(blob_size(repository, digest));
  Result<std::unique_ptr<blobs::Reader>> reader = blobs_.open_blob(digest);
  if (!reader && reader.error().code == Code::not_found) {
    return data_loss("the bytes of blob " + digest.string() + " of " + repository.string() + " are gone")
        .advise("push the blob again, or restore the blobs folder from a backup");
  }
  return reader;
}

Status Artifacts::mount(const Repository& from, const Repository& to, const Digest& digest) {
  return store_.write([&](store::Tx& tx) -> Status {
    auto held = SOUK_TRY(find_held_blob(tx, from, digest));
    if (!held) return missing_blob(from, digest);
    return link(tx, to, digest, held->generation, static_cast<std::uint64_t>(held->size));
  });
}

Status Artifacts::link_blob(const Repository& repository, const Digest& digest, std::uint64_t size) {
  std::int64_t generation = SOUK_TRY(pin(store_, digest, size));
  if (fence_ != nullptr) SOUK_TRY(fence_->renew(digest));
  std::optional<std::uint64_t> there = SOUK_TRY(blobs_.find_size(digest));
  if (there != size) return not_found("blob " + digest.string() + " is not stored");
  return store_.write([&](store::Tx& tx) { return link(tx, repository, digest, generation, size); });
}

Status Artifacts::unlink_blob(const Repository& repository, const Digest& digest) {
  return store_.write([&](store::Tx& tx) -> Status {
    auto held = SOUK_TRY(find_held_blob(tx, repository, digest));
    if (!held) return missing_blob(repository, digest);
    if (held->named) {
      return failed_precondition("blob " + digest.string() + " of " + repository.string() + " is named by a manifest")
          .advise("delete the manifests that name it first");
    }
    return tx.defer("DELETE FROM repository_blobs WHERE namespace_id = $1 AND model = $2 AND digest = $3",
                    repository.namespace_id, repository.model, digest);
  });
}

Result<bool> Artifacts::exists(const Repository& repository) {
  return store_.read([&](store::Tx& tx) -> Result<bool> {
    for (const char* table : {"manifests", "repository_blobs"}) {
      auto one = SOUK_TRY(tx.scalar<std::int64_t>(
          "SELECT CAST(1 AS BIGINT) FROM " + std::string(table) + " WHERE namespace_id = $1 AND model = $2 LIMIT 1",
          repository.namespace_id, repository.model));
      if (one) return true;
    }
    return false;
  });
}

Result<std::string> Artifacts::start_upload(const Repository& repository) {
  std::unique_ptr<blobs::Writer> writer = SOUK_TRY(blobs_.create());
  std::string id = writer->id();
  Status made = store_.write([&](store::Tx& tx) {
    return tx.defer(
        "INSERT INTO uploads (id, namespace_id, model, create_time, update_time) VALUES ($1, $2, $3, $4, $4)", id,
        repository.namespace_id, repository.model, now());
  });
  if (!made) {
    writer->discard();
    return std::move(made).error();
  }
  SOUK_TRY(sessions_->take(id));
  sessions_->give_back(id, std::move(writer));
  return id;
}

Result<std::unique_ptr<blobs::Writer>> Artifacts::take_upload(const Repository& repository, const std::string& id) {
  if (id.empty() || id.size() > 64 ||
      !std::all_of(id.begin(), id.end(), [](unsigned char c) { return std::isalnum(c); })) {
    return missing_upload("of that id");
  }
  auto there = SOUK_TRY(store_.read([&](store::Tx& tx) {
    return tx.scalar<std::int64_t>(
        "SELECT CAST(1 AS BIGINT) FROM uploads WHERE id = $1 AND namespace_id = $2 AND model = $3", id,
        repository.namespace_id, repository.model);
  }));
  if (!there) return missing_upload(id);
  std::unique_ptr<blobs::Writer> writer = SOUK_TRY(sessions_->take(id));
  // Another node may have gone on with it since it was put back here: writing nothing makes the writer look.
  if (writer && !writer->write({})) writer.reset();
  if (!writer) {
    auto resumed = blobs_.resume(id);
    if (!resumed) {
      sessions_->give_back(id, nullptr);
      return std::move(resumed).error();
    }
    writer = std::move(*resumed);
  }
  return sessions_->guard(std::move(writer));
}

Status Artifacts::put_back(const Repository& repository, std::unique_ptr<blobs::Writer> writer) {
  std::string id = writer->id();
  SOUK_TRY(writer->suspend());
  writer.reset();
  if (!sessions_->due(id, now())) return {};
  return store_.write([&](store::Tx& tx) {
    return tx.defer("UPDATE uploads SET update_time = $4 WHERE id = $1 AND namespace_id = $2 AND model = $3", id,
                    repository.namespace_id, repository.model, now());
  });
}

Result<Digest> Artifacts::finish_upload(const Repository& repository, std::unique_ptr<blobs::Writer> writer,
                                        const Digest& expected) {
  std::string id = writer->id();
  std::uint64_t size = writer->size();
  auto forget = [&](store::Tx& tx) { return tx.defer("DELETE FROM uploads WHERE id = $1", id); };
  Result<Digest> digest = commit_and_link(
      repository, size, expected, [&] { return writer->commit(expected); },
      [&](store::Tx& tx, const Digest&) { return forget(tx); });
  if (!digest && digest.error().code == Code::invalid_argument) SOUK_TRY(store_.write(forget));
  return digest;
}

Result<Digest> Artifacts::commit_and_link(const Repository& repository, std::uint64_t size,
                                          const std::optional<Digest>& expected,
                                          const std::function<Result<Digest>()>& commit,
                                          const std::function<Status(store::Tx&, const Digest&)>& also) {
  std::int64_t generation = 0;
  if (expected) generation = SOUK_TRY(pin(store_, *expected, size));
  Digest digest = SOUK_TRY(commit());
  if (!expected) {
    generation = SOUK_TRY(pin(store_, digest, size));
    // Until they were pinned, bytes that others had before may have been collected, or left behind by a move.
    if (fence_ != nullptr) SOUK_TRY(fence_->renew(digest));
    std::optional<std::uint64_t> there = SOUK_TRY(blobs_.find_size(digest));
    if (there != size) return being_removed(digest);
  }
  auto write = [&](store::Tx& tx) -> Status {
    if (fence_ != nullptr) SOUK_TRY(fence_->check(tx));
    SOUK_TRY(also(tx, digest));
    return link(tx, repository, digest, generation, size);
  };
  Status linked = store_.write(write);
  if (!linked && linked.error().code == Code::aborted && fence_ != nullptr) {
    SOUK_TRY(fence_->renew(digest));
    linked = store_.write(write);
  }
  SOUK_TRY(std::move(linked));
  return digest;
}

Status Artifacts::cancel_upload(const Repository& repository, const std::string& id) {
  std::unique_ptr<blobs::Writer> writer = SOUK_TRY(take_upload(repository, id));
  writer->discard();
  return store_.write([&](store::Tx& tx) { return tx.defer("DELETE FROM uploads WHERE id = $1", id); });
}

}  // namespace souk::artifacts
