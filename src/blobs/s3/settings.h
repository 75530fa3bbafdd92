// SPDX-License-Identifier: Apache-2.0
//
// Settings of a store in S3.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/settings.h"

namespace souk::blobs {

struct S3Settings {
  std::string access_key;     // empty: AWS_ACCESS_KEY_ID
  std::string secret_key;     // empty: AWS_SECRET_ACCESS_KEY
  std::string session_token;  // empty: AWS_SESSION_TOKEN
  std::string ca_file;
  settings::Bytes part_size{8 << 20};
  std::int64_t parallel = 4;
  settings::Bytes memory{64 << 20};
  std::int64_t attempts = 6;
  std::chrono::milliseconds pause{100};
  std::chrono::milliseconds stall_timeout{30'000};
  std::string cache;  // empty: a folder in the data folder
  settings::Bytes cache_size{20ull << 30};
  settings::Bytes redirect_from{0};
};
void declare(settings::Table& table, S3Settings& s);

}  // namespace souk::blobs
