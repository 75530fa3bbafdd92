// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "app/backup/place.h"
#include "app/doctor/checks.h"
#include "artifacts/inventory.h"
#include "artifacts/moves/moves.h"
#include "cli/output.h"

namespace souk::app {

namespace {

constexpr std::size_t kNamed = 20;  // findings of one kind, before they are only counted
constexpr const char* kHeal =
    "copy it from a backup (its file is sha256/ and the first two digits there too), or remove the file and push the "
    "version again";

// Writes and takes back an upload; on what is no folder, a whole blob.
Status try_writing(blobs::Blobs& blobs) {
  const std::string text = "souk doctor " + random_token(32);
  if (blobs.kind() == "file") {  // a blob would leave a folder of this process's user behind
    auto writer = SOUK_TRY(blobs.create());
    Status written = writer->write(as_bytes(text));
    writer->discard();
    return written;
  }
  const Digest digest = SOUK_TRY(blobs.put(as_bytes(text)));
  const Status read = check_blob(blobs, {digest, static_cast<std::int64_t>(text.size())});
  SOUK_TRY(blobs.remove(digest));
  return read;
}

Status check_size(blobs::Blobs& blobs, const artifacts::KeptBlob& blob) {
  const auto size = SOUK_TRY(blobs.find_size(blob.digest));
  if (!size) return not_found("blob " + blob.digest.string() + " is not there");
  if (*size == static_cast<std::uint64_t>(blob.size)) return {};
  return data_loss("blob " + blob.digest.string() + " has " + std::to_string(*size) + " bytes, not " +
                   std::to_string(blob.size));
}

std::string used_by(store::Store& store, const Digest& digest) {
  const auto uses = store.read([&](store::Tx& tx) { return artifacts::uses_of(tx, digest); });
  if (!uses || uses->empty()) return "";
  std::string out = "; used by ";
  for (std::size_t i = 0; i < uses->size() && i < 5; ++i) out += (i == 0 ? "" : ", ") + (*uses)[i];
  if (uses->size() > 5) out += " and " + std::to_string(uses->size() - 5) + " more";
  return out;
}

void check_blobs(const Patient& patient, Findings& out) {
  store::Store& store = *patient.store;
  const auto kept = store.read(artifacts::kept_blobs);
  if (!kept) return out.wrong("blobs.content", kept.error(), "put the database right first");
  std::int64_t done = 0, bytes = 0;
  std::size_t bad = 0;
  const auto begun = std::chrono::steady_clock::now();
  for (const artifacts::KeptBlob& blob : *kept) {
    if (patient.patience && std::chrono::steady_clock::now() - begun > *patient.patience) break;
    patient.progress(done++, static_cast<std::int64_t>(kept->size()));
    bytes += blob.size;
    Status checked = patient.verify ? check_blob(*patient.blobs, blob) : check_size(*patient.blobs, blob);
    if (checked) continue;
    const auto still = store.read([&](store::Tx& tx) { return artifacts::is_kept(tx, blob.digest); });
    if (still && !*still) continue;  // dropped since the list was read
    if (++bad <= kNamed) {
      out.wrong("blobs.content", checked.error().describe() + used_by(store, blob.digest), kHeal);
    }
  }
  patient.progress(done, done);
  const bool whole = done == static_cast<std::int64_t>(kept->size());
  const std::string all = (whole ? "" : std::to_string(done) + " of ") + std::to_string(kept->size()) + " blobs, " +
                          cli::human_bytes(static_cast<double>(bytes));
  if (bad == 0 && !whole) return out.ok("blobs.content", all + ": all there; souk doctor looks at the others too");
  if (bad == 0) return out.ok("blobs.content", all + (patient.verify ? ": every byte is right" : ": all there"));
  out.wrong("blobs.content", std::to_string(bad) + " of " + all + " are lost or rotten", kHeal);
}

// Manifests are rows; their digests are checked like those of blobs.
void check_manifests(const Patient& patient, Findings& out) {
  std::size_t all = 0, bad = 0;
  const Status read = patient.store->read([&](store::Tx& tx) {
    return artifacts::each_manifest(tx, [&](const artifacts::KeptManifest& manifest) -> Status {
      ++all;
      if (sha256(manifest.bytes.bytes) == manifest.digest) return {};
      if (++bad <= kNamed) {
        out.wrong("manifests.content",
                  "the manifest " + manifest.digest.string() + " of " + manifest.repository + " has other bytes",
                  "restore a backup, or remove the version and push it again");
      }
      return {};
    });
  });
  if (!read) return out.wrong("manifests.content", read.error(), "put the database right first");
  if (bad == 0) out.ok("manifests.content", std::to_string(all) + " manifests: every byte is right");
}

}  // namespace

void check_bytes(Patient& patient, Findings& out) {
  const std::string& url = patient.settings.blobs;
  if (url.starts_with("file:") && ::access(url.substr(5).c_str(), F_OK) != 0) {
    return out.warn("blobs.reach", url.substr(5) + " is not there",
                    "souk serve makes it; or give the right one by --data or --blobs");
  }
  const auto open = [&patient](const std::string& place) {
    return blobs::Blobs::open(place, patient.log, patient.metrics, patient.settings.s3);
  };
  auto opened = patient.store ? artifacts::Moves::open_blobs(*patient.store, url, open) : open(url);
  if (!opened) {
    return out.wrong("blobs.reach", opened.error(),
                     "see that the place is there and souk's user may read and write it");
  }
  patient.blobs = std::move(*opened);
  out.ok("blobs.reach", settings::mask_url(url));
  if (Status written = try_writing(*patient.blobs); !written) {
    out.wrong("blobs.write", written.error(), "let souk's user write there, and see that it is not full");
  } else {
    out.ok("blobs.write", "bytes can be written");
  }
  if (!patient.store) return;
  const auto ready = patient.store->read([](store::Tx& tx) { return tx.run("SELECT 1 FROM blobs LIMIT 1", {}); });
  if (!ready) return;  // a database that is still empty, as was found
  check_blobs(patient, out);
  if (patient.verify) check_manifests(patient, out);
}

}  // namespace souk::app
