// SPDX-License-Identifier: Apache-2.0
//
// OCI content inside repositories: blobs that a repository holds, manifests, tags, upload sessions, referrers.
// Sources: OCI distribution-spec 1.1, image-spec 1.1, CNCF model format.
//
// A repository is (namespace, model slug). It needs no row of its own: it exists once a blob or manifest is in
// it. `artifacts.tags` alone maps a tag to a digest; what a tag means (version, alias) is the registry's matter,
// so tags change only through a room function given a Tx.
// Bytes come first: a blob is durable, under an expiring pin, before a row refers to it. What no manifest names
// and no other room holds is collected after a grace period. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "artifacts/manifest.h"
#include "base/digest.h"
#include "base/ids.h"
#include "blobs/blobs.h"
#include "store/store.h"

namespace souk::artifacts {

struct Repository {
  NamespaceId namespace_id;
  std::string namespace_;
  std::string model;  // slug
  std::string string() const { return namespace_ + "/" + model; }
};

// Whether bytes that were just committed lie where all nodes look for them (moves.h).
class LinkFence {
 public:
  virtual ~LinkFence() = default;
  // In the transaction that links them. Errors: aborted (they may lie elsewhere)
  virtual Status check(store::Tx& tx) = 0;
  // Brings them where they belong, after `check` refused.
  virtual Status renew(const Digest& digest) = 0;
};

class Artifacts {
 public:
  Artifacts(store::Store& store, blobs::Blobs& blobs, Logger& log, Metrics& metrics, LinkFence* fence = nullptr);

  // --- blobs of a repository ------------------------------------------------------------------------
  // Errors: not_found (not in this repository)
  Result<std::uint64_t> blob_size(const Repository& repository, const Digest& digest);
  Result<std::unique_ptr<blobs::Reader>> open_blob(const Repository& repository, const Digest& digest);
  // Makes a blob of `from` one of `to` too. Errors: not_found
  Status mount(const Repository& from, const Repository& to, const Digest& digest);
  // Says that committed bytes belong to the repository. Errors: not_found (no such bytes), unavailable
  Status link_blob(const Repository& repository, const Digest& digest, std::uint64_t size);
  // Takes a blob out of the repository. Errors: not_found, failed_precondition (a manifest names it)
  Status unlink_blob(const Repository& repository, const Digest& digest);
  // Whether anything is in the repository.
  Result<bool> exists(const Repository& repository);

  // --- upload sessions (distribution-spec, "Pushing a blob in chunks") ---------------------------------
  Result<std::string> start_upload(const Repository& repository);
  // The writer of a session, nobody else's until it is put back, finished or destroyed (which puts it back too).
  // Errors: not_found, aborted (in use)
  Result<std::unique_ptr<blobs::Writer>> take_upload(const Repository& repository, const std::string& id);
  Status put_back(const Repository& repository, std::unique_ptr<blobs::Writer> writer);
  // Commits and links. The writer may also come from blobs().create(): an upload without a session.
  // Errors: invalid_argument (digest differs; the upload is gone), unavailable (may be tried again)
  Result<Digest> finish_upload(const Repository& repository, std::unique_ptr<blobs::Writer> writer,
                               const Digest& expected);
  Status cancel_upload(const Repository& repository, const std::string& id);
  // Runs `commit`, which makes bytes durable, under a pin; then links them, and does `also` in the same transaction.
  // Errors: those of both, unavailable (the bytes are being removed just now)
  Result<Digest> commit_and_link(const Repository& repository, std::uint64_t size,
                                 const std::optional<Digest>& expected, const std::function<Result<Digest>()>& commit,
                                 const std::function<Status(store::Tx&, const Digest&)>& also);

  // --- manifests and tags ----------------------------------------------------------------------------
  // Parses and checks the form and that everything it names is in the repository.
  // Errors: invalid_argument (form), not_found (a named blob or manifest is missing; names it)
  Result<Manifest> check_manifest(const Repository& repository, std::string_view media_type, std::string_view bytes);
  Status put_manifest(store::Tx& tx, const Repository& repository, std::string_view media_type, std::string_view bytes,
                      const Manifest& manifest);
  // Errors: not_found (no such manifest here)
  Status set_tag(store::Tx& tx, const Repository& repository, std::string_view tag, const Digest& digest);
  Status remove_tag(store::Tx& tx, const Repository& repository, std::string_view tag);
  Result<std::optional<Digest>> find_tag(store::Tx& tx, const Repository& repository, std::string_view tag);
  // With its tags. Errors: not_found, failed_precondition (an index names it, or another room holds it)
  Status remove_manifest(store::Tx& tx, const Repository& repository, const Digest& digest);
  // Errors: not_found
  Result<StoredManifest> get_manifest(const Repository& repository, const Digest& digest);
  // After `last`, at most `count`, bytewise order.
  Result<std::vector<std::string>> list_tags(const Repository& repository, std::string_view last, std::int64_t count);
  // By digest; artifact_type empty: all. After `last` (empty: from the start), at most `count`.
  Result<std::vector<Descriptor>> referrers(const Repository& repository, const Digest& subject,
                                            std::string_view artifact_type, std::string_view last = {},
                                            std::int64_t count = 1000);
  // All that is in it, to another name in the namespace; uploads under way end. Errors: already_exists
  Status rename_repository(store::Tx& tx, const Repository& from, std::string_view to);
  // Removes everything of a repository in the caller's transaction.
  Status remove_repository(store::Tx& tx, const Repository& repository);
  // Keeps a blob or manifest from being collected or removed while the holder has it ("deployment", its id).
  Status hold(store::Tx& tx, const Digest& digest, std::string_view holder_kind, std::int64_t holder_id);
  Status release(store::Tx& tx, const Digest& digest, std::string_view holder_kind, std::int64_t holder_id);

  // The files of a model artifact, by its manifest. Paths are checked: none escapes, none repeats.
  Result<std::vector<File>> files(const Repository& repository, const Digest& manifest);
  blobs::Blobs& blobs() { return blobs_; }

  // Drops expired uploads and blobs that nothing has referred to since `grace`. Returns how many blobs. One caller
  // at a time; never takes what a push relies on, wherever that push runs.
  Result<std::size_t> collect(Duration grace);

 private:
  store::Store& store_;
  blobs::Blobs& blobs_;
  Logger& log_;
  LinkFence* fence_;
  Counter& collected_;
  std::shared_ptr<class Sessions> sessions_;
};

}  // namespace souk::artifacts
