// SPDX-License-Identifier: Apache-2.0
//
// A disk whose power may be cut at any moment. What this program writes, links, renames and syncs below a folder is
// recorded on its way to the system (power_cut_test.cc takes the place of libc's functions); from the record comes what
// a disk may hold after a cut: everything that was synced, and of the rest any part: writes dropped or torn, entries of
// folders there or not, in any combination. One recording at a time. Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace souk::blobs {

class PowerCut {
 public:
  struct Options {
    bool loses_data_syncs = false;  // a store that forgot them
    bool loses_folder_syncs = false;
  };

  // The power goes after `events` changes; what comes later is not recorded.
  PowerCut(std::filesystem::path root, std::uint64_t events, Options options);
  ~PowerCut();
  bool is_cut();
  // One of the states that the disk may be in, into a new folder.
  void restore(const std::filesystem::path& into, std::mt19937_64& random) const;

  // What the functions of libc tell.
  struct File {
    std::string durable;
    struct Write {
      std::uint64_t offset = 0;
      std::optional<std::string> bytes;  // none: cut to `offset`
    };
    std::vector<Write> pending;
    bool is_folder = false;
    std::map<std::string, std::shared_ptr<File>> entries;  // durable
    struct Change {
      std::string name;
      std::shared_ptr<File> file;  // none: removed
    };
    std::vector<Change> changes;
  };
  using FilePtr = std::shared_ptr<File>;
  void created(const std::string& path, bool is_folder);
  void wrote(const std::string& path, std::uint64_t offset, std::optional<std::string> bytes);
  void synced(const std::string& path);
  void linked(const std::string& from, const std::string& to);
  void removed(const std::string& path);

 private:
  FilePtr find(const std::string& path);  // as the running program sees it
  bool count();
  static void apply(std::string& content, const File::Write& write);
  static void restore(const File& file, const std::filesystem::path& into, std::mt19937_64& random);

  const std::filesystem::path root_;
  const Options options_;
  std::mutex mutex_;
  std::uint64_t left_;
  FilePtr disk_;
  std::map<std::string, FilePtr> now_;  // by path below the root
};

}  // namespace souk::blobs
