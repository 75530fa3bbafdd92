// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/pack.h"

#include <algorithm>
#include <system_error>

#include "base/json.h"

namespace souk::cli {
namespace {

namespace fs = std::filesystem;

Error refuse(const fs::path& path, const std::string& why) {
  return invalid_argument("cannot pack " + path.string() + ": " + why);
}

bool inside(const fs::path& path, const fs::path& root) {
  const auto [rest, _] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  return rest == root.end();
}

Status check_name(const fs::path& path, const std::string& name) {
  if (!json::is_utf8(name)) return refuse(path, "its name is not UTF-8; rename it");
  const bool control = std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (control || name.find('\\') != std::string::npos) {
    return refuse(path, "its name holds a control character or a backslash; rename it");
  }
  return {};
}

Result<PackFile> one_file(const fs::path& on_disk, std::string path) {
  std::error_code error;
  const fs::file_status status = fs::status(on_disk, error);
  if (error) return refuse(on_disk, error.message());
  if (!fs::is_regular_file(status)) return refuse(on_disk, "it is neither a file nor a folder");
  PackFile file;
  file.size = fs::file_size(on_disk, error);
  if (error) return refuse(on_disk, error.message());
  file.executable = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
  file.media_type = layer_media_type(path, file.guessed);
  file.path = std::move(path);
  file.on_disk = on_disk;
  return file;
}

// Where a link inside `root` leads: a file inside of it.
Result<fs::path> follow_link(const fs::path& link, const fs::path& root) {
  std::error_code error;
  fs::path target = fs::canonical(link, error);
  if (error) return refuse(link, "the link leads nowhere (" + error.message() + ")");
  if (!inside(target, root)) {
    return refuse(link, "the link leads out of the folder, to " + target.string() + "; put a copy in its place");
  }
  if (fs::is_directory(target)) return refuse(link, "it is a link to a folder; put a copy in its place");
  return target;
}

Result<std::vector<PackFile>> collect_folder(const fs::path& root, const PackOptions& options) {
  std::vector<PackFile> files;
  std::error_code error;
  const auto listed = [&options](const std::string& path, bool folder) {
    return std::any_of(options.include.begin(), options.include.end(), [&](const std::string& one) {
      return one == path || one.starts_with(path + "/") || (!folder && path.starts_with(one + "/"));
    });
  };
  auto walk = fs::recursive_directory_iterator(root, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    const fs::path on_disk = walk->path();
    const std::string path = on_disk.lexically_relative(root).generic_string();
    const bool folder = walk->is_directory() && !walk->is_symlink();
    const bool hidden = path.front() == '.' || path.find("/.") != std::string::npos;
    if (hidden && !listed(path, folder)) {
      if (folder) walk.disable_recursion_pending();
      continue;
    }
    SOUK_TRY(check_name(on_disk, path));
    if (folder) continue;
    const fs::path target = walk->is_symlink() ? SOUK_TRY(follow_link(on_disk, root)) : on_disk;
    files.push_back(SOUK_TRY(one_file(target, path)));
  }
  if (error) return refuse(root, error.message());
  return files;
}

}  // namespace

Result<std::vector<PackFile>> collect_files(const fs::path& source, const PackOptions& options) {
  std::error_code error;
  const fs::path root = fs::canonical(source, error);
  if (error) {
    return not_found("cannot pack " + source.string() + ": " + error.message())
        .advise("give an .onnx file or a folder that holds the model");
  }
  std::vector<PackFile> files;
  if (fs::is_directory(root)) {
    files = SOUK_TRY(collect_folder(root, options));
  } else {
    const std::string name = source.filename().string();
    SOUK_TRY(check_name(source, name));
    files.push_back(SOUK_TRY(one_file(root, name)));
  }
  if (files.empty()) {
    return refuse(source, "there are no files in it (hidden ones are left out; --include takes them)");
  }
  std::sort(files.begin(), files.end(), [](const PackFile& a, const PackFile& b) { return a.path < b.path; });
  return files;
}

ModelTexts make_manifest(const std::vector<PackFile>& files, const std::vector<Digest>& digests,
                         const PackOptions& options) {
  std::vector<ModelFile> packed;
  for (std::size_t i = 0; i < files.size(); ++i) {
    packed.push_back(
        {files[i].path, files[i].size, files[i].executable, files[i].media_type, files[i].guessed, digests[i]});
  }
  return make_model_manifest(packed, options.created_at);
}

}  // namespace souk::cli
