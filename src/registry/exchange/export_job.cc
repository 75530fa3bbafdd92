// SPDX-License-Identifier: Apache-2.0
#include "registry/exchange/archive_writer.h"
#include "registry/exchange/state.h"

namespace souk::registry {

namespace {

constexpr std::size_t kPiece = 1 << 20;

}  // namespace

Status ExportJob::run() {
  row_.state = TransferState::RUNNING;
  row_.done_bytes = row_.entries = row_.created = 0;
  SOUK_TRY(note(true));
  std::unique_ptr<blobs::Writer> out = SOUK_TRY(state_.artifacts.blobs().create());
  std::string manifest;
  const auto list = [&](const std::string& path, const Digest& digest, std::uint64_t size) {
    manifest += json::write(ManifestLine{path, digest, static_cast<std::int64_t>(size)}) + "\n";
    row_.entries++;
  };
  Status written = [&]() -> Status {
    auto archive = SOUK_TRY(ArchiveWriter::open([&](std::span<const std::byte> bytes) -> Status {
      SOUK_TRY(out->write(bytes));
      row_.done_bytes += static_cast<std::int64_t>(bytes.size());
      return {};
    }));
    ArchiveHead head;
    head.namespace_ = namespace_;
    head.create_time = row_.create_time;
    SOUK_TRY(archive->file(kHead, json::write(head) + "\n"));
    Exporter exporter(state_.store, row_.namespace_id, namespace_);
    SOUK_TRY(exporter.all([&](const std::string& path, std::string text) -> Status {
      if (path.ends_with("/000000.jsonl") && !path.starts_with("lineage/")) row_.created++;
      list(path, sha256(text), text.size());
      SOUK_TRY(archive->file(path, text));
      return check_stop();
    }));
    SOUK_TRY(note());
    std::vector<std::byte> piece(kPiece);
    SOUK_TRY(exporter.blobs([&](const Digest& digest) -> Status {
      const auto size = SOUK_TRY(state_.artifacts.blobs().find_size(digest));
      if (!size) return {};  // a layer that is kept elsewhere
      const auto reader = SOUK_TRY(state_.artifacts.blobs().open_blob(digest));
      const std::string path = std::string(kBlobs) + digest.hex();
      SOUK_TRY(archive->begin(path, reader->size()));
      for (std::uint64_t at = 0; at < reader->size();) {
        const std::size_t got = SOUK_TRY(reader->read_at(at, piece));
        if (got == 0) return data_loss("blob " + digest.string() + " ends too early");
        SOUK_TRY(archive->write(std::span(piece).first(got)));
        at += got;
        SOUK_TRY(note());
      }
      list(path, digest, reader->size());
      return {};
    }));
    SOUK_TRY(archive->file(kManifest, manifest));
    return archive->close();
  }();
  if (!written) {
    out->discard();
    return written;
  }
  row_.state = TransferState::SUCCEEDED;
  const std::uint64_t size = out->size();
  SOUK_TRY(state_.artifacts.commit_and_link(
      state_.archives(row_.namespace_id, namespace_), size, std::nullopt, [&] { return out->commit(std::nullopt); },
      [&](store::Tx& tx, const Digest& digest) -> Status {
        row_.archive = digest;
        row_.total_bytes = row_.done_bytes = static_cast<std::int64_t>(size);
        SOUK_TRY(attempt_.complete(tx));
        SOUK_TRY(state_.artifacts.hold(tx, digest, kHolder, row_.id.value));
        return state_.save(tx, row_);
      }));
  return {};
}

}  // namespace souk::registry
