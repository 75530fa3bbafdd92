// SPDX-License-Identifier: Apache-2.0
#include "registry/catalog/sources/performance.h"

#include <filesystem>

#include "access/access.h"
#include "registry/catalog/sources/files.h"

namespace souk::registry {

namespace {

namespace fs = std::filesystem;

constexpr int kMaxDepth = 6;
constexpr std::size_t kMaxFolders = 20'000;
constexpr std::size_t kMaxLines = 100'000;

struct Metadata {
  std::string id;
  std::optional<double> overall_accuracy;
};
BOOST_DESCRIBE_STRUCT(Metadata, (), (id, overall_accuracy))

struct Evaluation {
  std::optional<std::string> benchmark;
  std::optional<double> score;
};
BOOST_DESCRIBE_STRUCT(Evaluation, (), (benchmark, score))

struct Times {
  std::optional<json::Raw> created_at, updated_at;
};
BOOST_DESCRIBE_STRUCT(Times, (), (created_at, updated_at))

// Links are not followed: what is measured lies in the folder itself.
template <class F>
void each_folder(const std::string& folder, F&& f) {
  std::error_code failed;
  std::size_t count = 0;
  f(fs::path(folder));
  for (fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, failed), end;
       !failed && at != end && count < kMaxFolders; at.increment(failed)) {
    if (!at->is_directory(failed) || at->is_symlink(failed)) continue;
    ++count;
    if (at.depth() >= kMaxDepth) at.disable_recursion_pending();
    f(at->path());
  }
}

constexpr const char* kFiles[] = {"metadata.json", "evaluations.ndjson", "performance.ndjson"};

std::optional<Time> time_of(const std::optional<json::Raw>& raw) {
  if (!raw) return std::nullopt;
  if (const auto text = json::read<std::string>(raw->text)) {
    const auto time = parse_rfc3339(*text);
    return time ? std::optional(*time) : std::nullopt;
  }
  const auto millis = json::read<std::int64_t>(raw->text);
  return millis ? std::optional(from_millis(*millis)) : std::nullopt;
}

class Folder {
 public:
  Folder(const fs::path& path, std::uint64_t max_file) : path_(path), max_file_(max_file) {}

  Status read(Measured& out) {
    const std::string text = SOUK_TRY(read_whole(path_ / "metadata.json", max_file_));
    auto metadata = json::read<Metadata>(text, json::UnknownFields::ignore);
    if (!metadata) return wrong("metadata.json", metadata.error());
    std::vector<MadeArtifact> artifacts;
    SOUK_TRY(add_accuracy(*metadata, artifacts));
    SOUK_TRY(each_line("performance.ndjson", [&](std::string_view line) { return add_performance(line, artifacts); }));
    if (!artifacts.empty()) out[metadata->id] = std::move(artifacts);
    return {};
  }

 private:
  Error wrong(const char* file, const Error& why) const {
    return invalid_argument(access::as_shown((path_ / file).string())).because(why);
  }

  // A file that is not there has no lines.
  template <class F>
  Status each_line(const char* file, F&& f) {
    const auto text = read_whole(path_ / file, max_file_);
    if (!text && text.error().code == Code::not_found) return {};
    if (!text) return text.error();
    std::size_t count = 0;
    for (std::size_t at = 0; at < text->size();) {
      const std::size_t end = std::min(text->find('\n', at), text->size());
      const std::string_view line = std::string_view(*text).substr(at, end - at);
      at = end + 1;
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      if (++count > kMaxLines) return wrong(file, invalid_argument("more than 100000 lines"));
      if (const Status taken = f(line); !taken)
        return wrong(file, invalid_argument("line " + std::to_string(count)).because(taken.error()));
    }
    return {};
  }

  Status add_accuracy(const Metadata& metadata, std::vector<MadeArtifact>& artifacts) {
    std::map<std::string, double> scores;
    SOUK_TRY(each_line("evaluations.ndjson", [&](std::string_view line) -> Status {
      const auto one = SOUK_TRY(json::read<Evaluation>(line, json::UnknownFields::ignore));
      if (one.benchmark && one.score) scores[*one.benchmark] = *one.score;
      return {};
    }));
    if (scores.empty()) return {};
    if (metadata.overall_accuracy) scores["overall_average"] = *metadata.overall_accuracy;
    MadeArtifact made{"accuracy-metrics", {}, {}, {}, {}, "accuracy-metrics", {}, {}, {}};
    made.properties.text.clear();
    json::Writer out(made.properties.text);
    out.begin_object();
    for (const auto& [benchmark, score] : scores) {
      out.key(benchmark);
      write_double(out, score);
    }
    out.end_object();
    artifacts.push_back(std::move(made));
    return {};
  }

  // A score is a number with a fraction, even where it has none.
  static void write_double(json::Writer& out, double number) {
    std::string text = json::write(number);
    if (text.find_first_of(".eE") == std::string::npos) text += ".0";
    out.raw(text);
  }

  Status add_performance(std::string_view line, std::vector<MadeArtifact>& artifacts) {
    const json::Document document = SOUK_TRY(json::Document::parse(line));
    const json::Value root = document.root();
    if (root.kind() != json::Kind::object) return invalid_argument("expected an object");
    const auto id = root.find("id");
    const bool named = id && id->kind() == json::Kind::string;
    MadeArtifact made{
        "performance-metrics-" + std::to_string(artifacts.size()), {}, {}, {}, {}, "performance-metrics", {}, {}, {}};
    if (named) made.external_id = id->string();
    Times times;
    if (json::read(root, times, json::UnknownFields::ignore, "")) {
      made.create_time = time_of(times.created_at);
      made.update_time = time_of(times.updated_at);
    }
    made.properties.text.clear();
    json::Writer out(made.properties.text);
    out.begin_object();
    SOUK_TRY(root.each_member([&](std::string_view key, json::Value value) -> Status {
      if (key == "id" || key == "created_at" || key == "updated_at") return {};
      out.key(key);
      out.raw(value.raw());
      return {};
    }));
    out.end_object();
    artifacts.push_back(std::move(made));
    return {};
  }

  const fs::path& path_;
  const std::uint64_t max_file_;
};

}  // namespace

std::string performance_mark(const std::string& folder) {
  std::string out;
  if (folder.empty()) return out;
  each_folder(folder, [&](const fs::path& path) {
    for (const char* file : kFiles) {
      const std::string mark = file_mark((path / file).string());
      if (!mark.empty()) out += path.string() + "/" + file + " " + mark + "\n";
    }
  });
  return out;
}

Measured load_performance(const CatalogSettings& settings, const std::function<void(const Error&)>& wrong) {
  Measured out;
  if (settings.performance.empty()) return out;
  if (file_mark(settings.performance).empty()) {
    wrong(not_found("the folder " + access::as_shown(settings.performance) + " is not there"));
    return out;
  }
  each_folder(settings.performance, [&](const fs::path& path) {
    std::error_code ignored;
    if (!fs::exists(path / "metadata.json", ignored)) return;
    if (const Status read = Folder(path, settings.max_file.count).read(out); !read) wrong(read.error());
  });
  return out;
}

}  // namespace souk::registry
