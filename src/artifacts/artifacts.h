// SPDX-License-Identifier: Apache-2.0
//
// OCI content inside repositories: blobs that a repository holds, manifests, tags, upload sessions, referrers.
// Sources: OCI distribution-spec 1.1, image-spec 1.1, CNCF model format.
//
// A repository is (namespace, model slug). It needs no row of its own: it exists once a blob or manifest is in
// it. `artifacts.tags` alone maps a tag to a digest; what a tag means (version, alias) is the registry's matter,
// so tags change only through a room function given a Tx.
// Bytes come first: a blob is durable before a row refers to it, and a blob without a reference is collected
// after a grace period. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "access/access.h"
#include "base/digest.h"
#include "blobs/blobs.h"
#include "store/store.h"

namespace souk::artifacts {

struct Repository {
  NamespaceId namespace_id;
  std::string namespace_;
  std::string model;  // slug
  std::string string() const { return namespace_ + "/" + model; }
};

struct Descriptor {
  std::string mediaType;
  Digest digest;
  std::int64_t size = 0;
  std::optional<std::string> artifactType;
  std::optional<std::map<std::string, std::string>> annotations;
};
BOOST_DESCRIBE_STRUCT(Descriptor, (), (mediaType, digest, size, artifactType, annotations))

// An image manifest or index, checked in form. Unknown fields are kept in the bytes, not here.
struct Manifest {
  std::int64_t schemaVersion = 2;
  std::optional<std::string> mediaType;
  std::optional<std::string> artifactType;
  std::optional<Descriptor> config;
  std::vector<Descriptor> layers;
  std::vector<Descriptor> manifests;  // of an index
  std::optional<Descriptor> subject;
  std::optional<std::map<std::string, std::string>> annotations;
};
BOOST_DESCRIBE_STRUCT(Manifest, (), (schemaVersion, mediaType, artifactType, config, layers, manifests, subject, annotations))

inline constexpr std::string_view kModelArtifactType = "application/vnd.cncf.model.manifest.v1+json";
inline constexpr std::int64_t kMaxManifestBytes = 4 << 20;

struct StoredManifest {
  Digest digest;
  std::string media_type;
  std::string bytes;
};

BOOST_DEFINE_ENUM_CLASS(FileKind, WEIGHT, WEIGHT_CONFIG, CODE, DOC, DATASET, OTHER)
// A file of a model artifact: one raw layer each (tar layers are listed as one file).
struct File {
  std::string path;
  std::int64_t size_bytes = 0;
  Digest digest;
  std::string media_type;
  FileKind kind = FileKind::OTHER;
};
BOOST_DESCRIBE_STRUCT(File, (), (path, size_bytes, digest, media_type, kind))

class Artifacts {
 public:
  Artifacts(store::Store& store, blobs::Blobs& blobs, Logger& log, Metrics& metrics);

  // --- blobs of a repository ------------------------------------------------------------------------
  // Errors: not_found (not in this repository)
  Result<std::uint64_t> blob_size(const Repository& repository, const Digest& digest);
  Result<std::unique_ptr<blobs::Reader>> open_blob(const Repository& repository, const Digest& digest);
  // Makes a blob of `from` one of `to` too. Errors: not_found
  Status mount(const Repository& from, const Repository& to, const Digest& digest);
  // Says that committed bytes belong to the repository.
  Status link_blob(const Repository& repository, const Digest& digest, std::uint64_t size);

  // --- upload sessions (distribution-spec, "Pushing a blob in chunks") ---------------------------------
  Result<std::string> start_upload(const Repository& repository);
  // The writer of a session, taken until it is put back or finished. Errors: not_found, aborted (in use)
  Result<std::unique_ptr<blobs::Writer>> take_upload(const Repository& repository, const std::string& id);
  Status put_back(const Repository& repository, std::unique_ptr<blobs::Writer> writer);
  Result<Digest> finish_upload(const Repository& repository, std::unique_ptr<blobs::Writer> writer, const Digest& expected);
  Status cancel_upload(const Repository& repository, const std::string& id);

  // --- manifests and tags ----------------------------------------------------------------------------
  // Parses and checks the form and that everything it names is in the repository.
  // Errors: invalid_argument (form), not_found (a named blob or manifest is missing; names it)
  Result<Manifest> check_manifest(const Repository& repository, std::string_view media_type, std::string_view bytes);
  Status put_manifest(store::Tx& tx, const Repository& repository, std::string_view media_type, std::string_view bytes,
                      const Manifest& manifest);
  Status set_tag(store::Tx& tx, const Repository& repository, std::string_view tag, const Digest& digest);
  Status remove_tag(store::Tx& tx, const Repository& repository, std::string_view tag);
  Result<std::optional<Digest>> find_tag(store::Tx& tx, const Repository& repository, std::string_view tag);
  // Errors: not_found
  Result<StoredManifest> get_manifest(const Repository& repository, const Digest& digest);
  // After `last`, at most `count`, bytewise order.
  Result<std::vector<std::string>> list_tags(const Repository& repository, std::string_view last, std::int64_t count);
  Result<std::vector<Descriptor>> referrers(const Repository& repository, const Digest& subject, std::string_view artifact_type);
  // Removes everything of a repository in the caller's transaction.
  Status remove_repository(store::Tx& tx, const Repository& repository);

  // The files of a model artifact, by its manifest. Paths are checked: none escapes, none repeats.
  Result<std::vector<File>> files(const Repository& repository, const Digest& manifest);
  blobs::Blobs& blobs() { return blobs_; }

  // Drops expired uploads and blobs that nothing has referred to since `grace`. Returns how many blobs.
  Result<std::size_t> collect(Duration grace);

 private:
  store::Store& store_;
  blobs::Blobs& blobs_;
  Logger& log_;
  struct State;
  std::shared_ptr<State> state_;
};

// From a manifest alone. Errors: invalid_argument (a path that escapes or repeats)
Result<std::vector<File>> files_of(const Manifest& manifest);

}  // namespace souk::artifacts
