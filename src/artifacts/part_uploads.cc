// SPDX-License-Identifier: Apache-2.0
#include "artifacts/part_uploads.h"

#include <algorithm>
#include <cctype>

#include "artifacts/part_sessions.h"
#include "base/hash/crc32c.h"

namespace souk::artifacts {

namespace {

constexpr std::size_t kIdLength = 32;
constexpr std::int64_t kMostListed = 1000;
constexpr int kNamed = 5;  // missing parts, before they are only counted

struct UploadRow {
  std::string id;
  std::string store_id;
  UploadState state = UploadState::OPEN;
  std::int64_t size = 0;
  std::int64_t part_size = 0;
  std::optional<Digest> digest;
  Time create_time, update_time;
  std::int64_t received_parts = 0;
  std::int64_t received_bytes = 0;

  blobs::PartPlan plan() const { return {static_cast<std::uint64_t>(size), static_cast<std::uint64_t>(part_size)}; }
};
BOOST_DESCRIBE_STRUCT(UploadRow, (),
                      (id, store_id, state, size, part_size, digest, create_time, update_time, received_parts,
                       received_bytes))

constexpr std::string_view kColumns =
    "SELECT u.id, u.store_id, u.state, u.size, u.part_size, u.digest, u.create_time, u.update_time, "
    "(SELECT COUNT(*) FROM upload_parts p WHERE p.upload = u.id), "
    "(SELECT CAST(COALESCE(SUM(p.size), 0) AS BIGINT) FROM upload_parts p WHERE p.upload = u.id) "
    "FROM part_uploads u WHERE u.namespace_id = $1 AND u.model = $2 ";

struct TaggedPart {
  std::int64_t number = 0;
  std::string tag;
};
BOOST_DESCRIBE_STRUCT(TaggedPart, (), (number, tag))

Error missing_upload(std::string_view id) {
  return not_found("upload " + std::string(id.substr(0, 64)) + " does not exist or has expired")
      .advise("start the upload again");
}

Upload shown(const UploadRow& row) {
  Upload out{row.id,     row.state,          row.size,           row.part_size,   row.plan().count(),
             row.digest, row.received_parts, row.received_bytes, row.create_time, row.update_time};
  if (row.state == UploadState::COMPLETED) {
    out.received_parts = out.part_count;
    out.received_bytes = out.size;
  }
  return out;
}

Result<UploadRow> find_row(store::Tx& tx, const Repository& repository, std::string_view id) {
  const bool fits =
      id.size() == kIdLength && std::all_of(id.begin(), id.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
  std::optional<UploadRow> row;
  if (fits) {
    row = SOUK_TRY(
        tx.first<UploadRow>(std::string(kColumns) + "AND u.id = $3", repository.namespace_id, repository.model, id));
  }
  if (!row) return missing_upload(id);
  return std::move(*row);
}

// Tags of all parts in order. Errors: failed_precondition (some are missing)
Result<std::vector<std::string>> all_tags(store::Tx& tx, const UploadRow& row) {
  auto parts =
      SOUK_TRY(tx.all<TaggedPart>("SELECT number, tag FROM upload_parts WHERE upload = $1 ORDER BY number", row.id));
  std::vector<std::string> tags;
  std::string missing;
  std::int64_t count = 0, expected = 1;
  auto note = [&](std::int64_t number) {
    if (count++ < kNamed) missing += (missing.empty() ? "" : ", ") + std::to_string(number);
  };
  for (TaggedPart& part : parts) {
    for (; expected < part.number; expected++) note(expected);
    tags.push_back(std::move(part.tag));
    expected = part.number + 1;
  }
  for (; expected <= row.plan().count(); expected++) note(expected);
  if (count == 0) return tags;
  if (count > kNamed) missing += " and " + std::to_string(count - kNamed) + " more";
  return failed_precondition("upload " + row.id + " lacks parts: " + missing).advise("send them, then complete it");
}

// A part that is there already: its bytes are read and dropped.
class KnownPart final : public IncomingPart {
 public:
  KnownPart(UploadPart part, std::uint64_t size) : part_(std::move(part)), size_(size) {}
  std::uint64_t size() const override { return size_; }
  Status write(std::span<const std::byte>) override { return {}; }
  Result<UploadPart> finish() override { return part_; }

 private:
  UploadPart part_;
  std::uint64_t size_;
};

}  // namespace

std::string Checksums::text() const {
  std::string out;
  if (sha256) {
    out = "sha-256=:" + to_base64(std::string_view(reinterpret_cast<const char*>(sha256->bytes.data()), 32)) + ":";
  }
  if (crc32c) out += (out.empty() ? "crc32c=:" : ", crc32c=:") + crc32c_base64(*crc32c) + ":";
  return out;
}

Result<Checksums> parse_checksums(std::string_view text) {
  const Error wrong = invalid_argument("Content-Digest is missing or malformed")
                          .at("Content-Digest")
                          .advise("send crc32c=:BASE64: or sha-256=:BASE64: of the part's bytes (RFC 9530)");
  Checksums out;
  while (!text.empty()) {
    std::size_t comma = std::min(text.find(','), text.size());
    std::string_view one = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    std::size_t equals = one.find("=:");
    if (equals == std::string_view::npos || !one.ends_with(':') || one.size() < equals + 3) return wrong;
    std::string_view name = one.substr(0, equals);
    Result<std::string> bytes = from_base64(one.substr(equals + 2, one.size() - equals - 3));
    if (!bytes) return wrong;
    if (name == "sha-256" && bytes->size() == 32) {
      out.sha256.emplace();
      std::copy_n(souk::as_bytes(*bytes).begin(), 32, out.sha256->bytes.begin());
    } else if (name == "crc32c" && bytes->size() == 4) {
      std::uint32_t crc = 0;
      for (unsigned char byte : *bytes) crc = crc << 8 | byte;
      out.crc32c = crc;
    } else if (name == "sha-256" || name == "crc32c") {
      return wrong;
    }
  }
  if (!out.sha256 && !out.crc32c) return wrong;
  return out;
}

struct PartUploads::State {
  State(store::Store& store, Artifacts& artifacts) : store(store), artifacts(artifacts) {}

  store::Store& store;
  Artifacts& artifacts;
  PartSessions sessions;

  Result<UploadRow> find(const Repository& repository, std::string_view id) {
    return store.read([&](store::Tx& tx) { return find_row(tx, repository, id); });
  }
  Result<std::shared_ptr<blobs::PartUpload>> take(const UploadRow& row, std::uint32_t number) {
    return sessions.take(row.id, number, [&] { return artifacts.blobs().resume_parts(row.store_id, row.plan()); });
  }
  Status keep_part(const std::string& id, const UploadPart& part, const std::string& tag);
  Status forget(const std::string& id);
};

Status PartUploads::State::keep_part(const std::string& id, const UploadPart& part, const std::string& tag) {
  return store.write([&](store::Tx& tx) -> Status {
    auto open =
        SOUK_TRY(tx.exec("UPDATE part_uploads SET update_time = $2 WHERE id = $1 AND state = 'OPEN'", id, now()));
    if (open == 0) return missing_upload(id);
    return tx.defer(
        "INSERT INTO upload_parts (upload, number, size, checksum, tag) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (upload, number) DO UPDATE SET size = $3, checksum = $4, tag = $5",
        id, part.number, part.size, part.checksum, tag);
  });
}

Status PartUploads::State::forget(const std::string& id) {
  sessions.forget(id);
  return store.write([&](store::Tx& tx) -> Status {
    SOUK_TRY(tx.defer("DELETE FROM upload_parts WHERE upload = $1", id));
    return tx.defer("DELETE FROM part_uploads WHERE id = $1", id);
  });
}

namespace {

// A part that is written. It holds on to its upload, and gives it back when it goes.
class WrittenPart final : public IncomingPart {
 public:
  using Keep = std::function<Status(const UploadPart& part, const std::string& tag)>;
  WrittenPart(std::shared_ptr<blobs::PartUpload> upload, std::unique_ptr<blobs::PartWriter> writer,
              const Checksums& checksums, std::int64_t number, std::uint64_t size, Keep keep)
      : upload_(std::move(upload)),
        writer_(std::move(writer)),
        checksums_(checksums),
        number_(number),
        size_(size),
        keep_(std::move(keep)) {}

  std::uint64_t size() const override { return size_; }

  Status write(std::span<const std::byte> bytes) override {
    if (checksums_.crc32c) crc_ = crc32c(bytes, crc_);
    if (checksums_.sha256) hash_.update(bytes);
    done_ += bytes.size();
    Status written = writer_->write(bytes);
    if (!written && written.error().code == Code::out_of_range) return wrong_size();
    return written;
  }

  Result<UploadPart> finish() override {
    if (done_ != size_) return wrong_size();
    if (checksums_.crc32c && *checksums_.crc32c != crc_) return damaged("crc32c", crc32c_base64(crc_));
    if (checksums_.sha256) {
      Digest is = hash_.finish();
      if (is != *checksums_.sha256) return damaged("sha-256", is.hex());
    }
    std::string tag = SOUK_TRY(writer_->finish());
    UploadPart part{number_, static_cast<std::int64_t>(size_), checksums_.text()};
    SOUK_TRY(keep_(part, tag));
    return part;
  }

 private:
  Error wrong_size() const {
    return invalid_argument("part " + std::to_string(number_) + " has " + std::to_string(size_) + " bytes, not " +
                            (done_ > size_ ? "more" : std::to_string(done_)))
        .at("body");
  }
  Error damaged(const std::string& algorithm, const std::string& is) const {
    return invalid_argument("part " + std::to_string(number_) + " arrived with another " + algorithm + ": " + is)
        .at("Content-Digest")
        .advise("send the part again");
  }

  std::shared_ptr<blobs::PartUpload> upload_;
  std::unique_ptr<blobs::PartWriter> writer_;
  const Checksums checksums_;
  const std::int64_t number_;
  const std::uint64_t size_;
  Keep keep_;
  std::uint64_t done_ = 0;
  std::uint32_t crc_ = 0;
  Sha256 hash_;
};

}  // namespace

PartUploads::PartUploads(store::Store& store, Artifacts& artifacts)
    : state_(std::make_shared<State>(store, artifacts)) {}
PartUploads::~PartUploads() = default;

Result<Upload> PartUploads::create(const Repository& repository, std::uint64_t size, std::optional<Digest> digest) {
  blobs::PartPlan plan = SOUK_TRY(state_->artifacts.blobs().plan_parts(size));
  std::unique_ptr<blobs::PartUpload> upload = SOUK_TRY(state_->artifacts.blobs().create_parts(plan));
  UploadRow row;
  row.id = random_token(kIdLength);
  row.size = static_cast<std::int64_t>(plan.size);
  row.part_size = static_cast<std::int64_t>(plan.part_size);
  row.digest = digest;
  row.create_time = row.update_time = now();
  Status made = state_->store.write([&](store::Tx& tx) {
    return tx.defer(
        "INSERT INTO part_uploads (id, namespace_id, model, store_id, state, size, part_size, digest, create_time, "
        "update_time) VALUES ($1, $2, $3, $4, 'OPEN', $5, $6, $7, $8, $8)",
        row.id, repository.namespace_id, repository.model, upload->id(), row.size, row.part_size, digest,
        row.create_time);
  });
  if (!made) {
    upload->discard();
    return std::move(made).error();
  }
  state_->sessions.keep(row.id, std::move(upload));
  return shown(row);
}

Result<Upload> PartUploads::get(const Repository& repository, std::string_view id) {
  return shown(SOUK_TRY(state_->find(repository, id)));
}

Result<std::vector<Upload>> PartUploads::list(const Repository& repository) {
  auto rows = SOUK_TRY(state_->store.read([&](store::Tx& tx) {
    return tx.all<UploadRow>(std::string(kColumns) + "ORDER BY u.create_time DESC, u.id LIMIT $3",
                             repository.namespace_id, repository.model, kMostListed);
  }));
  std::vector<Upload> out;
  for (const UploadRow& row : rows) out.push_back(shown(row));
  return out;
}

Result<std::vector<UploadPart>> PartUploads::parts(const Repository& repository, std::string_view id,
                                                   std::int64_t after, std::int64_t count) {
  return state_->store.read([&](store::Tx& tx) -> Result<std::vector<UploadPart>> {
    UploadRow row = SOUK_TRY(find_row(tx, repository, id));
    return tx.all<UploadPart>(
        "SELECT number, size, checksum FROM upload_parts WHERE upload = $1 AND number > $2 ORDER BY number LIMIT $3",
        row.id, after, count);
  });
}

Result<std::unique_ptr<IncomingPart>> PartUploads::open_part(const Repository& repository, std::string_view id,
                                                             std::int64_t number, const Checksums& checksums) {
  UploadRow row = SOUK_TRY(state_->find(repository, id));
  const blobs::PartPlan plan = row.plan();
  if (number < 1 || number > plan.count()) {
    return out_of_range("upload " + row.id + " has parts 1 to " + std::to_string(plan.count()) + ", not " +
                        std::to_string(number))
        .at("number");
  }
  if (row.state != UploadState::OPEN) return failed_precondition("upload " + row.id + " is completed");
  const auto part = static_cast<std::uint32_t>(number);
  std::shared_ptr<blobs::PartUpload> upload = SOUK_TRY(state_->take(row, part));
  auto there = SOUK_TRY(state_->store.read([&](store::Tx& tx) {
    return tx.first<UploadPart>("SELECT number, size, checksum FROM upload_parts WHERE upload = $1 AND number = $2",
                                row.id, number);
  }));
  if (there && there->checksum == checksums.text()) {
    return std::unique_ptr<IncomingPart>(std::make_unique<KnownPart>(std::move(*there), plan.size_of(part)));
  }
  if (there) {  // it comes anew: what is there does not count any more
    SOUK_TRY(state_->store.write([&](store::Tx& tx) {
      return tx.defer("DELETE FROM upload_parts WHERE upload = $1 AND number = $2", row.id, number);
    }));
  }
  std::unique_ptr<blobs::PartWriter> writer = SOUK_TRY(upload->open_part(part));
  auto keep = [state = state_, id = row.id](const UploadPart& kept, const std::string& tag) {
    return state->keep_part(id, kept, tag);
  };
  return std::unique_ptr<IncomingPart>(std::make_unique<WrittenPart>(std::move(upload), std::move(writer), checksums,
                                                                     number, plan.size_of(part), std::move(keep)));
}

Result<Upload> PartUploads::complete(const Repository& repository, std::string_view id, std::optional<Digest> digest) {
  UploadRow row = SOUK_TRY(state_->find(repository, id));
  if (digest && row.digest && *digest != *row.digest) {
    return invalid_argument("upload " + row.id + " is " + (row.state == UploadState::OPEN ? "to become " : "") +
                            row.digest->string() + ", not " + digest->string())
        .at("digest");
  }
  if (row.state == UploadState::COMPLETED) return shown(row);
  if (!digest) digest = row.digest;
  const auto size = static_cast<std::uint64_t>(row.size);
  auto finish = [&](store::Tx& tx, const Digest& is) -> Status {
    SOUK_TRY(tx.defer("DELETE FROM upload_parts WHERE upload = $1", row.id));
    return tx.defer("UPDATE part_uploads SET state = 'COMPLETED', digest = $2, update_time = $3 WHERE id = $1", row.id,
                    is, now());
  };
  std::shared_ptr<blobs::PartUpload> upload;
  auto commit = [&]() -> Result<Digest> {
    auto tags = SOUK_TRY(state_->store.read([&](store::Tx& tx) { return all_tags(tx, row); }));
    auto taken = state_->take(row, 0);
    // An earlier end may have come so far that only the row is missing.
    if (!taken && taken.error().code == Code::not_found && digest &&
        SOUK_TRY(state_->artifacts.blobs().find_size(*digest)) == size) {
      return *digest;
    }
    upload = SOUK_TRY(std::move(taken));
    return upload->commit(tags, digest);
  };
  Result<Digest> done = state_->artifacts.commit_and_link(repository, size, digest, commit, finish);
  // Only now: until the row is durable, the end may be repeated.
  if (done && upload) upload->discard();
  upload.reset();
  if (!done) {
    if (done.error().code == Code::invalid_argument) SOUK_TRY(state_->forget(row.id));
    return std::move(done).error();
  }
  state_->sessions.forget(row.id);
  return get(repository, row.id);
}

Status PartUploads::abort(const Repository& repository, std::string_view id) {
  UploadRow row = SOUK_TRY(state_->find(repository, id));
  if (row.state == UploadState::OPEN) {
    auto upload = state_->take(row, 0);
    if (upload) {
      (*upload)->discard();
    } else if (upload.error().code != Code::not_found) {
      return std::move(upload).error();
    }
  }
  return state_->forget(row.id);
}

}  // namespace souk::artifacts
