// SPDX-License-Identifier: Apache-2.0
#include "app/operator_options.h"

#include <algorithm>
#include <filesystem>

namespace souk::app {

namespace {

constexpr std::string_view kUsualAddress = "127.0.0.1:8080";

bool leads_to_data(std::string_view key) {
  return key == "database" || key == "blobs" || key.starts_with("s3.");
}

// Whether a shell that looks in these folders (PATH) can find the program there by its name.
bool is_found(std::string_view program, std::string_view folders) {
  while (!folders.empty()) {
    const std::string_view folder = folders.substr(0, folders.find(':'));
    folders.remove_prefix(std::min(folder.size() + 1, folders.size()));
    if (folder.starts_with('/') && program == std::string(folder) + "/souk") return true;
  }
  return false;
}

// A relative path means the same in every folder.
std::string placed(std::string_view value) {
  for (const std::string_view kind : {"sqlite:", "file:"}) {
    if (!value.starts_with(kind)) continue;
    const std::filesystem::path path(value.substr(kind.size()));
    return std::string(kind) + std::filesystem::absolute(path).lexically_normal().string();
  }
  return std::string(value);
}

}  // namespace

std::string shell_word(std::string_view text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+,=";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) return std::string(text);
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

OperatorCommand operator_command(const settings::Table& table, const Settings& settings, std::string_view address,
                                 std::string_view own_path, std::string_view folders) {
  OperatorCommand out{"souk", "--data " + shell_word(settings.data)};
  if (!own_path.empty() && !is_found(own_path, folders)) out.program = shell_word(own_path);
  if (!settings.config_file.empty()) {
    out.options +=
        " --config " + shell_word(std::filesystem::absolute(settings.config_file).lexically_normal().string());
  }
  for (const settings::Entry& entry : table.entries()) {
    if (!leads_to_data(entry.key) || entry.source == "default" || entry.source == "file" || entry.about.secret)
      continue;
    const std::string value = entry.get();
    out.options += " " + settings::Table::flag_name(entry.key);
    if (settings::mask_url(value) == value) {
      out.options += " " + shell_word(placed(value));
    } else {  // fails where it is not set, rather than to look elsewhere
      out.options += " \"${" + settings::Table::environment_name(entry.key) + ":?}\"";
    }
  }
  if (!address.empty() && address != kUsualAddress) out.options += " --listen " + shell_word(address);
  return out;
}

}  // namespace souk::app
