// SPDX-License-Identifier: Apache-2.0
//
// One attempt of an import. What an earlier attempt stored is taken as it is. Inside the room only.
#pragma once

#include <map>
#include <memory>

#include "registry/imports/archive.h"
#include "registry/imports/import_rows.h"
#include "registry/row_job.h"
#include "work/work.h"

namespace souk::registry {

class ImportJob;

struct Imports::State {
  ImportSettings settings;
  blobs::S3Settings s3;
  net::AddressGuard guard;
  store::Store& store;
  events::Log& events;
  access::Access& access;
  artifacts::Artifacts& artifacts;
  Registry& registry;
  work::Work& work;
  Logger& log;
  Metrics& metrics;

  // The URL with its options of a prefix that may be imported. Errors: permission_denied
  Result<std::string> allowed_prefix(const std::string& source) const;
  // Appends its event.
  Status tell(store::Tx& tx, const Import& import, std::string_view type, const access::Call* call);
  // See row_job.h.
  Result<std::optional<Import>> find(store::Tx& tx, const work::Item& item);
  Result<std::unique_ptr<ImportJob>> job(work::Attempt& attempt, Import import);
  Status save(store::Tx& tx, const Import& import);
  Status let_go(store::Tx& tx, const Import& import);
};

class ImportJob : public RowJob<Imports::State, Import> {
 public:
  ImportJob(Imports::State& state, work::Attempt& attempt, Import import, std::string ns);
  Status run() override;

 private:
  Status fetch_url();
  Status take_blob(const Digest& digest, const std::string& file_name);
  Status unpack(blobs::Reader& reader);
  Status take_prefix();
  // Stores what `read` gives as a file of the version, unless it is there.
  Status store_file(const std::string& path, bool executable,
                    const std::function<Result<std::size_t>(std::span<std::byte>)>& read);
  Status seal();
  Status finish(const Pushed& pushed);
  // Whether the path is wanted, and what it is called then.
  std::optional<std::string> wanted(const std::string& path) const;

  const artifacts::Repository repository_;
  access::Call call_;
  std::map<std::string, ImportedFile> files_;  // stored, by path
};

}  // namespace souk::registry
