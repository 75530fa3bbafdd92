// SPDX-License-Identifier: Apache-2.0
#include "registry/exchange/archive_writer.h"

#include <archive.h>
#include <archive_entry.h>

#include "base/digest.h"

namespace souk::registry {

struct ArchiveWriter::State {
  archive* out = nullptr;
  Sink sink;
  Status failed;  // what the sink said

  ~State() {
    if (out != nullptr) archive_write_free(out);
  }

  static la_ssize_t take(archive*, void* self, const void* bytes, std::size_t count) {
    State& state = *static_cast<State*>(self);
    if (state.failed) state.failed = state.sink({static_cast<const std::byte*>(bytes), count});
    return state.failed ? static_cast<la_ssize_t>(count) : -1;
  }

  Status check(la_ssize_t result) const {
    if (result >= ARCHIVE_OK) return {};
    if (!failed) return failed;
    const char* why = archive_error_string(out);
    return internal("the archive cannot be written" + (why != nullptr ? ": " + std::string(why) : std::string()));
  }
};

ArchiveWriter::ArchiveWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
ArchiveWriter::~ArchiveWriter() {
  // What libarchive still holds goes nowhere: who wanted it has called close.
  if (state_) state_->sink = [](std::span<const std::byte>) { return Status(); };
}

Result<std::unique_ptr<ArchiveWriter>> ArchiveWriter::open(Sink sink) {
  auto state = std::make_unique<State>();
  state->sink = std::move(sink);
  state->out = archive_write_new();
  if (state->out == nullptr) return unavailable("there is no memory for an archive");
  SOUK_TRY(state->check(archive_write_set_format_pax_restricted(state->out)));
  SOUK_TRY(state->check(archive_write_add_filter_zstd(state->out)));
  SOUK_TRY(state->check(archive_write_set_filter_option(state->out, "zstd", "compression-level", "3")));
  archive_write_set_bytes_in_last_block(state->out, 1);
  SOUK_TRY(state->check(archive_write_open(state->out, state.get(), nullptr, &State::take, nullptr)));
  return std::unique_ptr<ArchiveWriter>(new ArchiveWriter(std::move(state)));
}

Status ArchiveWriter::begin(std::string_view path, std::uint64_t size) {
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, std::string(path).c_str());
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, 0644);
  archive_entry_set_mtime(entry, 0, 0);
  archive_entry_set_size(entry, static_cast<la_int64_t>(size));
  const int result = archive_write_header(state_->out, entry);
  archive_entry_free(entry);
  return state_->check(result);
}

Status ArchiveWriter::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const la_ssize_t count = archive_write_data(state_->out, bytes.data(), bytes.size());
    if (count <= 0) return state_->check(count == 0 ? ARCHIVE_FATAL : count);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Status ArchiveWriter::file(std::string_view path, std::string_view text) {
  SOUK_TRY(begin(path, text.size()));
  return write(as_bytes(text));
}

Status ArchiveWriter::close() {
  return state_->check(archive_write_close(state_->out));
}

}  // namespace souk::registry
