// SPDX-License-Identifier: Apache-2.0
//
// How well this server is, for its admins: what `souk doctor` finds, the backups that were made, who takes the room.
// What they answer with is known above this room, so it is given as functions.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "access/access.h"
#include "api/route.h"

namespace souk::api::native {

BOOST_DEFINE_ENUM_CLASS(FindingVerdict, OK, WARNING, WRONG)

struct Finding {
  std::string check;  // "database.integrity"
  FindingVerdict verdict = FindingVerdict::OK;
  std::string found;
  std::optional<std::string> fix;
};
BOOST_DESCRIBE_STRUCT(Finding, (), (check, verdict, found, fix))

struct Diagnosis {
  FindingVerdict verdict = FindingVerdict::OK;  // the worst of all findings
  Time time;                                    // when it began
  double seconds = 0;
  std::vector<Finding> findings;
};
BOOST_DESCRIBE_STRUCT(Diagnosis, (), (verdict, time, seconds, findings))

struct BackupRecord {
  std::string machine;  // which made it, and has the place
  std::string place;
  std::string name;
  Time time;  // of the snapshot
  std::int64_t rows = 0;
  std::int64_t blobs = 0;
  std::int64_t blob_bytes = 0;
  std::int64_t copied_bytes = 0;
  double seconds = 0;
  std::int64_t lost = 0;  // blobs that could not be saved
  std::optional<Time> verify_time;
  std::optional<std::string> damage;
};
BOOST_DESCRIBE_STRUCT(BackupRecord, (),
                      (machine, place, name, time, rows, blobs, blob_bytes, copied_bytes, seconds, lost, verify_time,
                       damage))

struct ModelStorage {
  std::string namespace_;
  std::string model;
  std::int64_t bytes = 0;      // of all that it refers to
  std::int64_t own_bytes = 0;  // what no other model refers to: what goes when it is deleted
  std::int64_t blobs = 0;
};
BOOST_DESCRIBE_STRUCT(ModelStorage, (), (namespace_, model, bytes, own_bytes, blobs))

struct Care {
  std::function<Diagnosis()> diagnose;
  std::function<Result<std::vector<BackupRecord>>()> backups;                    // newest first
  std::function<Result<std::vector<ModelStorage>>(std::int64_t count)> storage;  // largest first
  std::function<Result<std::int64_t>()> stored_bytes;
};

// `access` outlives the routes, and so does what the functions use.
void add_care(RouteTable& table, const access::Access& access, Care care);

}  // namespace souk::api::native
