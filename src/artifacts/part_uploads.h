// SPDX-License-Identifier: Apache-2.0
//
// Uploads in parts, beside OCI's sessions: the size is said first, the parts come in any order, side by side, each with
// its checksum, and are acknowledged once they are durable. What is there outlives a restart and may be asked for, so
// that a client goes on where it was. Completed, the bytes are a blob of the repository.
// An upload that nobody touches for the grace of collection expires. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "artifacts/artifacts.h"

namespace souk::artifacts {

BOOST_DEFINE_ENUM_CLASS(UploadState, OPEN, COMPLETED)

struct Upload {
  std::string id;
  UploadState state = UploadState::OPEN;
  std::int64_t size = 0;
  std::int64_t part_size = 0;
  std::int64_t part_count = 0;
  std::optional<Digest> digest;  // said at creation, or what it became
  std::int64_t received_parts = 0;
  std::int64_t received_bytes = 0;
  Time create_time, update_time;
};
BOOST_DESCRIBE_STRUCT(Upload, (),
                      (id, state, size, part_size, part_count, digest, received_parts, received_bytes, create_time,
                       update_time))

struct UploadPart {
  std::int64_t number = 0;
  std::int64_t size = 0;
  std::string checksum;  // as Content-Digest writes it: crc32c=:…:
};
BOOST_DESCRIBE_STRUCT(UploadPart, (), (number, size, checksum))

// What a part is said to be; at least one. Source of the form: RFC 9530, Content-Digest.
struct Checksums {
  std::optional<Digest> sha256;
  std::optional<std::uint32_t> crc32c;
  std::string text() const;
};
// Algorithms other than these two are passed over. Errors: invalid_argument (malformed, or none of the two)
Result<Checksums> parse_checksums(std::string_view content_digest);

// A part on its way. Destroyed unfinished, nothing of it counts. One thread at a time.
class IncomingPart {
 public:
  virtual ~IncomingPart() = default;
  virtual std::uint64_t size() const = 0;
  virtual Status write(std::span<const std::byte> bytes) = 0;
  // Blocks until durable. Errors: invalid_argument (checksum or size differs), unavailable, not_found
  virtual Result<UploadPart> finish() = 0;
};

class PartUploads {
 public:
  PartUploads(store::Store& store, Artifacts& artifacts);
  ~PartUploads();

  // Errors: resource_exhausted (larger than can be), unavailable
  Result<Upload> create(const Repository& repository, std::uint64_t size, std::optional<Digest> digest);
  // Errors: not_found
  Result<Upload> get(const Repository& repository, std::string_view id);
  // The latest first, at most 1000.
  Result<std::vector<Upload>> list(const Repository& repository);
  // By number, after `after`.
  Result<std::vector<UploadPart>> parts(const Repository& repository, std::string_view id, std::int64_t after,
                                        std::int64_t count);
  // A part that is there with the same checksum is taken as it is. Errors: not_found, out_of_range (number),
  // failed_precondition (completed), aborted (that part is being written, or the upload is being ended)
  Result<std::unique_ptr<IncomingPart>> open_part(const Repository& repository, std::string_view id,
                                                  std::int64_t number, const Checksums& checksums);
  // Once more gives the same answer. Errors: not_found, invalid_argument (digest differs; the upload is gone),
  // failed_precondition (parts are missing: which), aborted (in use), unavailable (may be tried again)
  Result<Upload> complete(const Repository& repository, std::string_view id, std::optional<Digest> digest);
  Status abort(const Repository& repository, std::string_view id);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace souk::artifacts
