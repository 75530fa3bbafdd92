// SPDX-License-Identifier: Apache-2.0
#include "registry/imports/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <algorithm>
#include <clocale>
#include <cstring>
#include <vector>

#include "base/json.h"
#include "registry/imports/fold.h"
#include "registry/imports/zip_names.h"

namespace souk::registry {

namespace {

constexpr std::size_t kPiece = 256 << 10;
constexpr std::size_t kMaxPath = 1024;
constexpr std::size_t kMaxName = 255;

std::string quoted(std::string_view path) {
  return json::write(json::is_utf8(path) ? std::string(path.substr(0, 300)) : "(not UTF-8)");
}

Error refuse(std::string_view path, const std::string& why) {
  return invalid_argument("the entry " + quoted(path) + " " + why).advise("pack the archive without it");
}

// Why the entry is no plain file; empty: it is one, or a folder.
std::string odd_kind(archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr) return "is a hard link";
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
    case AE_IFDIR:
      break;
    case AE_IFLNK:
      return "is a symbolic link";
    case AE_IFCHR:
    case AE_IFBLK:
      return "is a device";
    case AE_IFIFO:
      return "is a pipe";
    case AE_IFSOCK:
      return "is a socket";
    default:
      return "is of a kind that is not known";
  }
  if (archive_entry_is_encrypted(entry) > 0) return "is encrypted";
  return "";
}

std::uint64_t most_entries(const ArchiveLimits& limits) {
  return limits.files * 2;  // folders too
}

// libarchive takes names in the form that the thread's locale says.
class Utf8Locale {
 public:
  Utf8Locale() : before_(uselocale(all())) {}
  ~Utf8Locale() { uselocale(before_); }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  static locale_t all() {
    static const locale_t made = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return made;
  }
  locale_t before_;
};

}  // namespace

Status check_import_path(std::string_view path) {
  if (path.empty()) return refuse(path, "has no name");
  if (path.size() > kMaxPath) return refuse(path, "has a path longer than 1024 bytes");
  if (!json::is_utf8(path)) return refuse(path, "has a name that is not UTF-8");
  if (path.front() == '/') return refuse(path, "has an absolute path");
  for (unsigned char c : path) {
    if (c < 0x20 || c == 0x7f) return refuse(path, "has a control character in its name");
    if (c == '\\') return refuse(path, "has a backslash in its name");
  }
  if (path.size() > 1 && path[1] == ':') return refuse(path, "has a drive in its path");
  for (std::size_t at = 0; at <= path.size();) {
    std::size_t end = std::min(path.find('/', at), path.size());
    std::string_view name = path.substr(at, end - at);
    if (name == "..") return refuse(path, "leads out of the archive");
    if (name.empty() || name == ".") return refuse(path, "has an empty step in its path");
    if (name.size() > kMaxName) return refuse(path, "has a name longer than 255 bytes");
    at = end + 1;
  }
  return {};
}

bool is_left_out(std::string_view path) {
  return path.starts_with('.') || path.find("/.") != std::string_view::npos || path.starts_with("__MACOSX/");
}

Status ImportPaths::add(const std::string& path) {
  const std::string folded = fold_case(path);
  if (!files_.insert(folded).second) return refuse(path, "is there twice, or differs from another only in its case");
  if (folders_.contains(folded)) return refuse(path, "is a file and a folder at once");
  for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string folder = path.substr(0, slash), below = fold_case(folder);
    if (files_.contains(below)) return refuse(path, "lies below another file");
    if (!folders_.insert(below).second && !spelled_folders_.contains(folder)) {
      return refuse(path, "lies in a folder that differs from another only in its case");
    }
    spelled_folders_.insert(folder);
  }
  return {};
}

struct Archive::State {
  ArchiveSource source;
  ArchiveLimits limits;
  archive* handle = archive_read_new();
  std::vector<std::byte> piece = std::vector<std::byte>(kPiece);
  std::vector<std::byte> piece_of_left_out = std::vector<std::byte>(kPiece);
  std::uint64_t at = 0;        // where the next read is
  std::uint64_t consumed = 0;  // bytes read
  std::uint64_t given = 0;     // bytes of files
  std::uint64_t entries = 0;
  std::string path;
  std::optional<Error> failure;  // of the source
  ImportPaths paths;

  ~State() { archive_read_free(handle); }

  static la_ssize_t on_read(archive*, void* user, const void** bytes) {
    State& state = *static_cast<State*>(user);
    Result<std::size_t> got = state.source.read(state.at, state.piece);
    if (!got) {
      state.failure = got.error();
      archive_set_error(state.handle, ARCHIVE_FATAL, "the source failed");
      return ARCHIVE_FATAL;
    }
    state.at += *got;
    state.consumed += *got;
    *bytes = state.piece.data();
    return static_cast<la_ssize_t>(*got);
  }
  static la_int64_t on_seek(archive*, void* user, la_int64_t offset, int whence) {
    State& state = *static_cast<State*>(user);
    std::int64_t from = whence == SEEK_SET   ? 0
                        : whence == SEEK_CUR ? static_cast<std::int64_t>(state.at)
                                             : static_cast<std::int64_t>(state.source.size);
    std::int64_t target = 0;
    if (__builtin_add_overflow(from, offset, &target) || target < 0 ||
        target > static_cast<std::int64_t>(state.source.size)) {
      return ARCHIVE_FATAL;
    }
    state.at = static_cast<std::uint64_t>(target);
    return target;
  }

  Error damaged() {
    if (failure) return *failure;
    const char* why = archive_error_string(handle);
    std::string text = why != nullptr ? why : "it cannot be read";
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
    return invalid_argument("the archive is damaged" + (path.empty() ? "" : " at " + quoted(path)) + ": " +
                            text.substr(0, 200));
  }
};

Archive::Archive(std::unique_ptr<State> state) : state_(std::move(state)) {}
Archive::~Archive() = default;

Result<std::unique_ptr<Archive>> Archive::open(ArchiveSource source, const ArchiveLimits& limits) {
  auto state = std::make_unique<State>();
  state->source = std::move(source);
  state->limits = limits;
  std::vector<std::byte> head(512);
  const std::size_t got = SOUK_TRY(state->source.read(0, head));
  if (!looks_like_archive(std::span(head).first(got))) {
    return invalid_argument("this is no archive").advise("send a .zip, .tar, .tar.gz or .tar.zst");
  }
  if (std::memcmp(head.data(), "PK", 2) == 0) {
    SOUK_TRY(check_zip_names(state->source, most_entries(limits)));
  }
  archive* handle = state->handle;
  archive_read_support_filter_gzip(handle);
  archive_read_support_filter_zstd(handle);
  archive_read_support_format_tar(handle);
  archive_read_support_format_zip_seekable(handle);
  archive_read_set_read_callback(handle, &State::on_read);
  archive_read_set_seek_callback(handle, &State::on_seek);
  archive_read_set_callback_data(handle, state.get());
  const Utf8Locale locale;
  if (archive_read_open1(handle) != ARCHIVE_OK) return state->damaged();
  return std::unique_ptr<Archive>(new Archive(std::move(state)));
}

Result<std::optional<ArchiveEntry>> Archive::next() {
  State& state = *state_;
  const Utf8Locale locale;
  while (true) {
    archive_entry* entry = nullptr;
    const int rc = archive_read_next_header(state.handle, &entry);
    if (rc == ARCHIVE_EOF) return std::optional<ArchiveEntry>();
    if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN) return state.damaged();
    if (archive_filter_count(state.handle) > 2) {  // one, and that of the plain bytes
      return invalid_argument("the archive is compressed more than once").advise("compress it once");
    }
    if (++state.entries > most_entries(state.limits)) {
      return resource_exhausted("the archive has more than " + std::to_string(most_entries(state.limits)) + " entries");
    }
    const char* name = archive_entry_pathname_utf8(entry);
    if (name == nullptr) name = archive_entry_pathname(entry);
    state.path = name != nullptr ? name : "";
    std::string_view path = state.path;
    while (path.starts_with("./")) path.remove_prefix(2);  // as `tar c .` writes them
    const bool is_folder = archive_entry_filetype(entry) == AE_IFDIR;
    if (std::string odd = odd_kind(entry); !odd.empty()) return refuse(state.path, odd);
    if (is_folder) {
      if (path.ends_with('/')) path.remove_suffix(1);
      if (path.empty() || path == ".") continue;
      SOUK_TRY(check_import_path(path));
      continue;
    }
    SOUK_TRY(check_import_path(path));
    if (is_left_out(path)) {
      while (SOUK_TRY(read(state.piece_of_left_out)) > 0) {  // counted like the others: a bomb may hide here
      }
      continue;
    }
    ArchiveEntry out{std::string(path), (archive_entry_perm(entry) & S_IXUSR) != 0};
    SOUK_TRY(state.paths.add(out.path));
    if (state.paths.size() > state.limits.files) {
      return resource_exhausted("the archive has more than " + std::to_string(state.limits.files) + " files");
    }
    return std::optional(std::move(out));
  }
}

Result<std::size_t> Archive::read(std::span<std::byte> into) {
  State& state = *state_;
  const la_ssize_t got = archive_read_data(state.handle, into.data(), into.size());
  if (got < 0) return state.damaged();
  state.given += static_cast<std::uint64_t>(got);
  if (state.given > state.limits.bytes) {
    return resource_exhausted("the archive unpacks to more than " + std::to_string(state.limits.bytes) +
                              " bytes, at the entry " + quoted(state.path));
  }
  // Parts that several entries share are read several times, and count once.
  const double consumed = static_cast<double>(std::min(state.consumed, state.source.size));
  if (state.given > state.limits.free && static_cast<double>(state.given) > state.limits.ratio * consumed) {
    return resource_exhausted("the archive unpacks to more than " +
                              std::to_string(static_cast<std::int64_t>(state.limits.ratio)) +
                              " times its size, at the entry " + quoted(state.path))
        .advise("pack it less, or let who runs this server raise imports.max_ratio");
  }
  return static_cast<std::size_t>(got);
}

bool looks_like_archive(std::span<const std::byte> head) {
  const auto begins = [&](std::size_t at, std::string_view magic) {
    return head.size() >= at + magic.size() && std::memcmp(head.data() + at, magic.data(), magic.size()) == 0;
  };
  return begins(0, "PK\x03\x04") || begins(0, std::string_view("PK\x05\x06", 4)) || begins(0, "\x1f\x8b") ||
         begins(0, "\x28\xb5\x2f\xfd") || begins(257, "ustar");
}

}  // namespace souk::registry
