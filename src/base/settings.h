// SPDX-License-Identifier: Apache-2.0
//
// Settings: each room has one struct and one `declare` that puts its fields into the Table; a field's
// initializer is its default, and the only place where it stands. From the table come --help, environment
// names, validation and docs/reference/settings.md.
//
//   void declare(settings::Table& table, net::Settings& s) {
//     table.add("net.idle_timeout", s.idle_timeout, {.help = "…", .min = 1000, .max = 3600000});
//   }
//
// A key "net.idle_timeout" is SOUK_NET_IDLE_TIMEOUT in the environment, --net-idle-timeout as a flag and
// net: {idle_timeout: …} in the YAML file. Later wins: default, file, environment, flag. Unknown keys fail.
// Forms: durations "250ms", "30s", "5m", "2h", "7d"; sizes "512", "64KiB", "10MiB", "2GiB"; lists comma-separated.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace souk::settings {

// A count of bytes with its own written form.
struct Bytes {
  std::uint64_t count = 0;
};

struct About {
  std::string help;
  double min = std::numeric_limits<double>::lowest();  // of numbers, of milliseconds, of bytes
  double max = std::numeric_limits<double>::max();
  std::vector<std::string> choices = {};  // of a string
  bool secret = false;                    // refused as a flag, masked when shown
};

struct Entry {
  std::string key;
  std::string type;  // string, integer, number, boolean, duration, size, list
  std::string default_text;
  About about;
  std::string source = "default";                    // default, file, environment, flag
  std::function<Status(std::string_view text)> set;  // parses, checks bounds, assigns
  std::function<std::string()> get;
};

class Table {
 public:
  void add(std::string key, std::string& field, About about);
  void add(std::string key, bool& field, About about);
  void add(std::string key, std::int64_t& field, About about);
  void add(std::string key, double& field, About about);
  void add(std::string key, std::chrono::milliseconds& field, About about);
  void add(std::string key, Bytes& field, About about);
  void add(std::string key, std::vector<std::string>& field, About about);

  // Errors of all three: invalid_argument, naming the key, its source and what is allowed.
  Status load_file(const std::string& path);
  // Takes every SOUK_… name of the table; other SOUK_ names but those in `others` fail.
  Status load_environment(const char* const* environment, const std::vector<std::string>& others);
  Status set_flag(std::string_view key, std::string_view value);

  const std::vector<Entry>& entries() const { return entries_; }
  static std::string environment_name(std::string_view key);
  static std::string flag_name(std::string_view key);
  std::string markdown() const;  // docs/reference/settings.md

 private:
  void add_entry(Entry entry);
  Status assign(std::string_view key, std::string_view value, std::string_view source);
  std::vector<Entry> entries_;
};

// Replaces the password of a URL by "***".
std::string mask_url(std::string_view url);

}  // namespace souk::settings
