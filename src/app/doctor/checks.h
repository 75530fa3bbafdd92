// SPDX-License-Identifier: Apache-2.0
//
// Everything that `souk doctor` looks at. No check changes anything that a server keeps, and none needs one to run.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/doctor/findings.h"
#include "app/settings.h"
#include "base/log.h"
#include "base/metrics.h"
#include "blobs/blobs.h"
#include "store/store.h"

namespace souk::app {

struct Patient {
  const Settings& settings;
  bool verify = false;  // reads every byte
  Logger& log;
  Metrics& metrics;
  std::unique_ptr<store::Store> store;  // null: cannot be opened, as was found
  std::unique_ptr<blobs::Blobs> blobs;  // the same
  std::function<void(std::int64_t done, std::int64_t all)> progress;
  std::optional<std::chrono::seconds> patience;  // for what grows with what is kept; none: as long as it takes
};

// Folders: space, inodes, owner and mode, whether fsync works and how long it takes.
void check_disk(const Patient& patient, Findings& out);
// Opens it. Reachable, schema, integrity, the settings of a PostgreSQL that durability rests on, the clock beside it.
void check_database(Patient& patient, Findings& out);
// Opens them. Can be written; what rows refer to is there, in its size; with `verify`, in its bytes.
void check_bytes(Patient& patient, Findings& out);
// Versions of program and libraries, the machine's clock, limits, the sandbox of inspection.
void check_machine(const Patient& patient, Findings& out);
// In a server: where it answers, and whether all that is wanted runs.
void check_self(const std::string& url, const Status& ready, Findings& out);
// Whether the address can be listened on, or a server answers there, and is ready.
void check_address(const Patient& patient, Findings& out);

}  // namespace souk::app
