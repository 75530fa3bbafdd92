// SPDX-License-Identifier: Apache-2.0
//
// Reads an archive: all of it is stored and verified, then looked at, and only then applied, part by part, each in one
// transaction with how far it came.
#include "registry/exchange/state.h"

namespace souk::registry {

namespace {

constexpr std::size_t kPiece = 1 << 20;
constexpr std::int64_t kPage = 200;
constexpr std::size_t kMostNamed = 10;
constexpr std::uint64_t kLargestPart = kPartBytes + kMaxLine + 1;

Error damaged(const std::string& path, const std::string& why) {
  return invalid_argument("the archive's entry " + access::as_shown(path) + " " + why);
}

// Lines of a blob, however large.
Status each_text_line(blobs::Reader& reader, const std::function<Status(std::string_view)>& f) {
  std::string rest;
  std::vector<std::byte> piece(kPiece);
  for (std::uint64_t at = 0; at < reader.size();) {
    const std::size_t got = SOUK_TRY(reader.read_at(at, piece));
    if (got == 0) break;
    at += got;
    rest.append(reinterpret_cast<const char*>(piece.data()), got);
    std::size_t begin = 0;
    for (std::size_t end; (end = rest.find('\n', begin)) != std::string::npos; begin = end + 1)
      SOUK_TRY(f(std::string_view(rest).substr(begin, end - begin)));
    rest.erase(0, begin);
    if (rest.size() > kPiece) return invalid_argument("the archive's manifest has a line that is too long");
  }
  return rest.empty() ? Status() : f(rest);
}

}  // namespace

artifacts::Repository ImportNamespaceJob::staging() const {
  return {row_.namespace_id, namespace_, std::string(kArchives) + "-" + std::to_string(row_.id.value)};
}

Applier ImportNamespaceJob::applier() {
  // The right to do it was checked when it was asked for; what is done is done in that one's name.
  auto principal = std::make_shared<access::Principal>(*state_.access.system());
  principal->name = row_.actor;
  access::Call call;
  call.principal = std::move(principal);
  call.namespace_ = namespace_;
  const auto has_blob = [this](const Digest& digest) -> Result<std::optional<std::int64_t>> {
    const auto entry = SOUK_TRY(
        state_.store.read([&](store::Tx& tx) { return find_entry(tx, row_.id, std::string(kBlobs) + digest.hex()); }));
    return entry ? std::optional(entry->size) : std::nullopt;
  };
  return Applier({state_.store, state_.events, state_.access, state_.artifacts, state_.inspector, has_blob},
                 row_.namespace_id, namespace_, std::move(call));
}

Status ImportNamespaceJob::run() {
  row_.state = TransferState::RUNNING;
  if (row_.phase == TransferPhase::UNPACK) {
    SOUK_TRY(unpack());
    SOUK_TRY(verify());
    row_.phase = TransferPhase::CHECK;
  }
  if (row_.phase == TransferPhase::CHECK) {
    SOUK_TRY(note(true));
    SOUK_TRY(check());
    row_.phase = TransferPhase::APPLY;
    SOUK_TRY(note(true));
  }
  SOUK_TRY(apply());
  row_.state = TransferState::SUCCEEDED;
  return state_.store.write([&](store::Tx& tx) -> Status {
    SOUK_TRY(attempt_.complete(tx));
    SOUK_TRY(state_.save(tx, row_));
    return state_.let_go(tx, row_);
  });
}

// --- storing --------------------------------------------------------------------------------------------

Status ImportNamespaceJob::unpack() {
  const auto reader =
      SOUK_TRY(state_.artifacts.open_blob(state_.archives(row_.namespace_id, namespace_), *row_.archive));
  row_.entries = 0;
  row_.done_bytes = 0;
  SOUK_TRY(note(true));
  ArchiveSource source{reader->size(), [&](std::uint64_t offset, std::span<std::byte> into) -> Result<std::size_t> {
                         row_.done_bytes = std::max(row_.done_bytes, static_cast<std::int64_t>(offset));
                         SOUK_TRY(note());
                         return reader->read_at(offset, into);
                       }};
  ArchiveLimits limits;
  limits.bytes = state_.settings.max_bytes.count;
  limits.files = static_cast<std::uint64_t>(state_.settings.max_entries);
  auto archive = SOUK_TRY(Archive::open(std::move(source), limits));
  for (std::int64_t place = 1;; ++place) {
    const auto entry = SOUK_TRY(archive->next());
    if (!entry) break;
    if (place == 1 && entry->path != kHead) {
      return invalid_argument("this is no archive of a namespace: it does not begin with " + std::string(kHead));
    }
    SOUK_TRY(store_entry(entry->path, place, *archive));
    row_.entries = place;
  }
  if (row_.entries == 0) return invalid_argument("this is no archive of a namespace: it is empty");
  return {};
}

Status ImportNamespaceJob::store_entry(const std::string& path, std::int64_t place, Archive& archive) {
  const bool is_blob = path.starts_with(kBlobs);
  const bool is_part = unit_of(path).has_value();
  if (!is_blob && !is_part && path != kHead && path != kManifest) return damaged(path, "has no place in an archive");
  std::optional<Digest> expected;
  if (is_blob) {
    const auto digest = Digest::parse("sha256:" + path.substr(kBlobs.size()));
    if (!digest) return damaged(path, "is named by no digest");
    expected = *digest;
  }
  std::vector<std::byte> piece(kPiece);
  if (SOUK_TRY(state_.store.read([&](store::Tx& tx) { return find_entry(tx, row_.id, path); }))) {
    while (SOUK_TRY(archive.read(piece)) > 0) {  // by an earlier attempt
    }
    return check_stop();
  }
  auto writer = SOUK_TRY(state_.artifacts.blobs().create());
  const Status written = [&]() -> Status {
    while (const std::size_t got = SOUK_TRY(archive.read(piece))) {
      SOUK_TRY(writer->write(std::span(piece).first(got)));
      SOUK_TRY(check_stop());
      if (is_part && writer->size() > kLargestPart) return damaged(path, "is larger than parts are");
    }
    return {};
  }();
  if (!written) {
    writer->discard();
    return written;
  }
  const std::uint64_t size = writer->size();
  const auto stored = state_.artifacts.commit_and_link(
      staging(), size, expected, [&] { return writer->commit(expected); },
      [&](store::Tx& tx, const Digest& digest) -> Status {
        SOUK_TRY(attempt_.check(tx));
        SOUK_TRY(state_.artifacts.hold(tx, digest, kHolder, row_.id.value));
        return insert_entry(tx, row_.id, {path, place, digest, static_cast<std::int64_t>(size), Use::UNKNOWN});
      });
  if (!stored && stored.error().code == Code::invalid_argument)
    return damaged(path, "holds other bytes than its name says");
  if (!stored) return stored.error();
  return note();
}

Status ImportNamespaceJob::verify() {
  const auto entry = [&](std::string_view path) {
    return state_.store.read([&](store::Tx& tx) { return find_entry(tx, row_.id, std::string(path)); });
  };
  const auto head = SOUK_TRY(entry(kHead)), manifest = SOUK_TRY(entry(kManifest));
  if (!head) return invalid_argument("this is no archive of a namespace");
  constexpr std::uint64_t kLargestHead = 64 << 10;
  const auto told = json::read<ArchiveHead>(SOUK_TRY(state_.artifacts.blobs().read_all(head->digest, kLargestHead)),
                                            json::UnknownFields::ignore);
  if (!told || told->format != ArchiveHead().format) return invalid_argument("this is no archive of a namespace");
  if (told->version != ArchiveHead().version) {
    return failed_precondition("the archive has format " + std::to_string(told->version) + ", and this server knows " +
                               std::to_string(ArchiveHead().version))
        .advise("import it into a server that is as new as the one that made it");
  }
  if (!manifest || manifest->place != row_.entries) {
    return invalid_argument("the archive is cut off: it does not end with " + std::string(kManifest));
  }
  row_.source = told->namespace_;
  std::int64_t listed = 0;
  const auto reader = SOUK_TRY(state_.artifacts.blobs().open_blob(manifest->digest));
  SOUK_TRY(each_text_line(*reader, [&](std::string_view text) -> Status {
    const auto line = json::read<ManifestLine>(text, json::UnknownFields::ignore);
    if (!line) return damaged(std::string(kManifest), "cannot be read");
    const auto is = SOUK_TRY(entry(line->path));
    if (!is) return damaged(line->path, "is missing");
    if (is->digest != line->digest || is->size != line->size)
      return damaged(line->path,
                     "is not what the manifest says: " + is->digest.string() + " instead of " + line->digest.string());
    ++listed;
    return check_stop();
  }));
  // Head and manifest are not in the manifest.
  if (listed + 2 != row_.entries) return invalid_argument("the archive holds entries that its manifest does not");
  return {};
}

// --- deciding -------------------------------------------------------------------------------------------

Result<std::string> ImportNamespaceJob::text_of(const Entry& part) {
  return state_.artifacts.blobs().read_all(part.digest, kLargestPart);
}

Status ImportNamespaceJob::each_part(std::int64_t after, const std::function<Status(const Entry&)>& f) {
  for (;;) {
    const auto page =
        SOUK_TRY(state_.store.read([&](store::Tx& tx) { return entries_after(tx, row_.id, after, kPage); }));
    if (page.empty()) return {};
    after = page.back().place;
    for (const Entry& entry : page) {
      if (unit_of(entry.path)) SOUK_TRY(f(entry));
    }
  }
}

Status ImportNamespaceJob::check() {
  std::vector<std::string> conflicts;
  row_.unchanged = row_.skipped = row_.created = 0;
  std::vector<Entry> unit;
  const auto finish = [&]() -> Status {
    if (unit.empty()) return {};
    std::string label;
    const Use use = SOUK_TRY(decide(unit, label));
    if (use == Use::NEW) SOUK_TRY(check_lines(unit));
    if (use == Use::SAME) row_.unchanged++;
    if (use == Use::SKIPPED) {
      row_.skipped++;
      if (conflicts.size() <= kMostNamed) conflicts.push_back(label);
    }
    const std::string name = *unit_of(unit.front().path);
    unit.clear();
    return state_.store.write([&](store::Tx& tx) { return set_use(tx, row_.id, name, use); });
  };
  SOUK_TRY(each_part(0, [&](const Entry& part) -> Status {
    if (!unit.empty() && unit_of(unit.front().path) != unit_of(part.path)) SOUK_TRY(finish());
    const std::string name = *unit_of(part.path);
    if (part.path != part_path(name, static_cast<int>(unit.size())))
      return damaged(part.path, "is not where it belongs");
    unit.push_back(part);
    return note();
  }));
  SOUK_TRY(finish());
  if (row_.conflict == Conflict::SKIP || conflicts.empty()) return {};
  std::string names;
  for (std::size_t i = 0; i < std::min(conflicts.size(), kMostNamed); ++i) names += (i == 0 ? "" : ", ") + conflicts[i];
  if (conflicts.size() > kMostNamed) names += " and others";
  return failed_precondition(namespace_ + " has others of the same name, and nothing was changed: " + names)
      .advise("import with conflict SKIP to leave them as they are, or into another namespace");
}

Result<Use> ImportNamespaceJob::decide(const std::vector<Entry>& parts, std::string& label) {
  const std::string unit = *unit_of(parts.front().path);
  label = unit;
  if (unit == "lineage") return Use::NEW;  // what is there is left as it is
  std::optional<Line> first;
  const std::string text = SOUK_TRY(text_of(parts.front()));
  const Status read = each_line(std::string_view(text).substr(0, text.find('\n') + 1), [&](const Line& line) -> Status {
    first = line;
    return {};
  });
  if (!read || !first) return damaged(parts.front().path, "cannot be read");
  const std::string name = unit.substr(unit.find('/') + 1);
  const bool fits =
      (first->type == LineType::MODEL && unit.starts_with("models/") && first->key == "model:" + name) ||
      (first->type == LineType::EXPERIMENT && unit.starts_with("experiments/") && first->key == "experiment:" + name) ||
      (first->type == LineType::ENVIRONMENT && unit.starts_with("environments/") && first->key) ||
      (first->type == LineType::ARTIFACT && unit == "artifacts");
  if (!fits) return damaged(parts.front().path, "begins with something else than it should");
  std::size_t count = 0;
  bool same = true;
  Exporter exporter(state_.store, row_.namespace_id, namespace_);
  const bool there = SOUK_TRY(exporter.one(*first, [&](const std::string&, const std::string& own) -> Status {
    same = same && count < parts.size() && sha256(own) == parts[count].digest;
    ++count;
    return {};
  }));
  if (there) return same && count == parts.size() ? Use::SAME : Use::SKIPPED;
  Applier apply = applier();
  return SOUK_TRY(apply.name_is_taken(*first)) ? Use::SKIPPED : Use::NEW;
}

Status ImportNamespaceJob::check_lines(const std::vector<Entry>& parts) {
  for (const Entry& part : parts) {
    const std::string unit = *unit_of(part.path);
    const std::string slug = unit.substr(unit.find('/') + 1);
    const Status fits = each_line(SOUK_TRY(text_of(part)), [&](const Line& line) -> Status {
      // A unit brings nothing of another one.
      if (line.type == LineType::VERSION && (!line.key || !line.key->starts_with("version:" + slug + "/")))
        return invalid_argument("a version of another model");
      return Applier::check(line);
    });
    if (!fits) return damaged(part.path, "is refused").because(fits.error());
    SOUK_TRY(note());
  }
  return {};
}

// --- applying -------------------------------------------------------------------------------------------

Status ImportNamespaceJob::apply() {
  Applier apply = applier();
  return each_part(row_.applied, [&](const Entry& part) -> Status {
    const std::string unit = *unit_of(part.path);
    // Whoever stops it gets whole objects.
    if (part.path == part_path(unit, 0)) SOUK_TRY(note());
    Transfer after = row_;
    after.applied = part.place;
    const auto also = [&](store::Tx& tx) -> Status {
      SOUK_TRY(attempt_.check(tx));
      return update_transfer(tx, after);
    };
    if (part.use == Use::NEW) {
      if (part.path == part_path(unit, 0) && unit != "lineage") after.created++;
      if (Status done = apply.apply(unit, SOUK_TRY(text_of(part)), also); !done) {
        const Code code = done.error().code;
        if (code != Code::invalid_argument && code != Code::not_found) return done;
        return damaged(part.path, "is refused").because(done.error());
      }
    } else {
      SOUK_TRY(state_.store.write(also));
    }
    row_ = after;
    return {};
  });
}

}  // namespace souk::registry
