// SPDX-License-Identifier: Apache-2.0
//
// The wiring: every room, built in boot order and stopped in reverse. It reads top to bottom in server.cc.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/native/server/care.h"
#include "app/housekeeping.h"
#include "app/settings.h"
#include "base/log.h"
#include "base/result.h"

namespace souk::app {

inline constexpr std::string_view kVersion = SOUK_VERSION;

class Server {
 public:
  // `table` is what the settings were read by, for those who ask what they are.
  Server(Settings settings, const settings::Table& table, Logger& log);
  ~Server();

  // Returns once requests are answered and what was deployed is back, or is still loading after half a second.
  // Errors: failed_precondition (another server has the data folder; newer schema), unavailable (address, database),
  // invalid_argument
  Status start();
  std::string url() const;
  // Lets requests under way end, then stops every room.
  void stop();

 private:
  struct Rooms;
  // Errors: unavailable (what is missing for everything that is wanted of this node)
  Status ready() const;
  api::native::Care care();
  std::vector<Housekeeping::Task> housekeeping_tasks();
  Settings settings_;
  const settings::Table& table_;
  Logger& log_;
  std::unique_ptr<Rooms> rooms_;
};

}  // namespace souk::app
