// SPDX-License-Identifier: Apache-2.0
//
// Versions made of what lies elsewhere: an archive or a file that was uploaded, a URL, a prefix in S3. Each import is a
// row and an item on the durable queue: it goes on after a restart, on whatever node, and can be cancelled.
//
//   QUEUED → RUNNING → SUCCEEDED | FAILED | CANCELLED       phases: DOWNLOAD, UNPACK, SEAL
//
// The result is what a push of the same files would be: blobs, a manifest, a sealed version. Nothing of an import that
// did not succeed shows; its bytes are collected. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "blobs/s3/objects.h"
#include "net/client/address_guard.h"
#include "registry/imports/settings.h"
#include "registry/registry.h"
#include "work/work.h"

namespace souk::registry {

using ImportId = Id<struct ImportKind_>;

BOOST_DEFINE_ENUM_CLASS(ImportKind, BLOB, URL, S3)
BOOST_DEFINE_ENUM_CLASS(ImportState, QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED)
BOOST_DEFINE_ENUM_CLASS(ImportPhase, DOWNLOAD, UNPACK, SEAL)

struct Import {
  ImportId id;
  NamespaceId namespace_id;
  std::string model;
  ImportKind kind = ImportKind::BLOB;
  std::string source;
  std::string file_name;  // what a source that is no archive becomes
  std::string folder;     // only what lies below it, taken from there; empty: all
  std::string tag;        // of the version; empty: the next number
  json::Raw aliases{"[]"};
  std::string actor;
  work::ItemId item_id;
  ImportState state = ImportState::QUEUED;
  ImportPhase phase = ImportPhase::DOWNLOAD;
  std::optional<Digest> archive;
  std::optional<std::int64_t> total_bytes;  // to be read
  std::int64_t done_bytes = 0;
  std::int64_t files = 0;
  std::string error_code, error;
  std::optional<std::int64_t> version;
  std::optional<Digest> digest;
  Time create_time, update_time;

  bool is_over() const { return state != ImportState::QUEUED && state != ImportState::RUNNING; }
  // The phase says what is done next, or where it ended; of one that succeeded it says nothing.
  bool has_phase() const { return state != ImportState::SUCCEEDED; }
};
BOOST_DESCRIBE_STRUCT(Import, (),
                      (id, namespace_id, model, kind, source, file_name, folder, tag, aliases, actor, item_id, state,
                       phase, archive, total_bytes, done_bytes, files, error_code, error, version, digest, create_time,
                       update_time))

struct NewImport {
  ImportKind kind = ImportKind::BLOB;
  std::string source;
  std::string file_name, folder, tag;
  std::vector<std::string> aliases;
};

class Imports {
 public:
  // Adds its queue; before `work` starts. Errors: invalid_argument (settings)
  static Result<std::unique_ptr<Imports>> make(ImportSettings settings, blobs::S3Settings s3, store::Store& store,
                                               events::Log& events, access::Access& access,
                                               artifacts::Artifacts& artifacts, Registry& registry, work::Work& work,
                                               Logger& log, Metrics& metrics);
  ~Imports();

  // Errors: invalid_argument (source, tag), not_found (blob), permission_denied (a prefix that is not allowed)
  Result<Import> create(const access::Call& call, const artifacts::Repository& repository, const NewImport& wanted);
  Result<Import> get(const artifacts::Repository& repository, ImportId id);
  // The latest first, at most 100.
  Result<std::vector<Import>> list(const artifacts::Repository& repository);
  // Errors: failed_precondition (it is over)
  Result<Import> cancel(const access::Call& call, const artifacts::Repository& repository, ImportId id);

  struct State;

 private:
  explicit Imports(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace souk::registry
