// SPDX-License-Identifier: Apache-2.0
//
// What the parts of an exchange share, and the two jobs. Inside the room only.
#pragma once

#include "registry/exchange/applier.h"
#include "registry/exchange/exchange.h"
#include "registry/exchange/exporter.h"
#include "registry/exchange/transfer_rows.h"
#include "registry/imports/archive.h"
#include "registry/row_job.h"

namespace souk::registry {

inline constexpr std::string_view kHead = "souk-archive.json";
inline constexpr std::string_view kManifest = "manifest.jsonl";
inline constexpr std::string_view kBlobs = "blobs/sha256/";

struct ArchiveHead {
  std::string format = "souk-namespace-archive";
  std::int64_t version = 1;
  std::string namespace_;
  Time create_time;
};
BOOST_DESCRIBE_STRUCT(ArchiveHead, (), (format, version, namespace_, create_time))

struct ManifestLine {
  std::string path;
  Digest digest;
  std::int64_t size = 0;
};
BOOST_DESCRIBE_STRUCT(ManifestLine, (), (path, digest, size))

class TransferJob;

struct Exchange::State {
  ExchangeSettings settings;
  store::Store& store;
  events::Log& events;
  access::Access& access;
  artifacts::Artifacts& artifacts;
  Inspector& inspector;
  work::Work& work;
  Logger& log;

  // Appends its event.
  Status tell(store::Tx& tx, const Transfer& transfer, std::string_view type, const access::Call* call);
  Result<Transfer> begin(const access::Call& call, Transfer wanted);
  // See row_job.h.
  Result<std::optional<Transfer>> find(store::Tx& tx, const work::Item& item);
  Result<std::unique_ptr<TransferJob>> job(work::Attempt& attempt, Transfer transfer);
  Status save(store::Tx& tx, const Transfer& transfer);
  Status let_go(store::Tx& tx, const Transfer& transfer);
  artifacts::Repository archives(NamespaceId ns, const std::string& slug) const {
    return {ns, slug, std::string(kArchives)};
  }
};

// What holds an archive, or the entries of an import.
inline constexpr std::string_view kHolder = "namespace_transfer";

// One attempt of either.
class TransferJob : public RowJob<Exchange::State, Transfer> {
 public:
  TransferJob(Exchange::State& state, work::Attempt& attempt, Transfer transfer, std::string ns)
      : RowJob(state, attempt, std::move(transfer)), namespace_(std::move(ns)) {}

 protected:
  const std::string namespace_;
};

class ExportJob : public TransferJob {
 public:
  using TransferJob::TransferJob;
  Status run() override;
};

class ImportNamespaceJob : public TransferJob {
 public:
  using TransferJob::TransferJob;
  Status run() override;

 private:
  Status unpack();
  Status store_entry(const std::string& path, std::int64_t place, Archive& archive);
  Status verify();
  Status check();
  // What becomes of a unit, whose parts are `parts`.
  Result<Use> decide(const std::vector<Entry>& parts, std::string& label);
  Status check_lines(const std::vector<Entry>& parts);
  Status apply();
  Result<std::string> text_of(const Entry& part);
  artifacts::Repository staging() const;
  Applier applier();
  // Calls f for each part after a place, in order.
  Status each_part(std::int64_t after, const std::function<Status(const Entry&)>& f);
};

}  // namespace souk::registry
