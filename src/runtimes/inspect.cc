// SPDX-License-Identifier: Apache-2.0
#include "runtimes/inspect.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <istream>
#include <iterator>
#include <new>
#include <ostream>

#include "base/yaml.h"
#include "runtimes/ranges.h"

namespace souk::runtimes {

namespace {

constexpr std::size_t kMaxTextFile = 1 << 20;
// A model that takes more than this once loaded was made to take it: weights are copied and packed, not unfolded.
constexpr std::uint64_t kMemoryPerByte = 8;
constexpr std::uint64_t kMemoryOfAny = 256 << 20;

struct WireFile {
  std::string path;
  std::string local_path;
};
BOOST_DESCRIBE_STRUCT(WireFile, (), (path, local_path))

struct Question {
  std::vector<WireFile> files;
};
BOOST_DESCRIBE_STRUCT(Question, (), (files))

struct WireError {
  std::string code;
  std::string message;
  std::string field;
};
BOOST_DESCRIBE_STRUCT(WireError, (), (code, message, field))

struct Answer {
  std::optional<registry::Inspection> inspection;
  std::optional<WireError> error;
};
BOOST_DESCRIBE_STRUCT(Answer, (), (inspection, error))

Result<std::string> read_text(const std::string& local_path, const std::string& path) {
  std::ifstream in(local_path, std::ios::binary);
  if (!in) return not_found(path + " cannot be opened");
  std::string text(kMaxTextFile + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMaxTextFile) return resource_exhausted(path + " is larger than 1 MiB");
  return text;
}

std::optional<Code> code_named(std::string_view name) {
  for (int i = 1; i <= static_cast<int>(Code::unauthenticated); ++i) {
    if (code_name(static_cast<Code>(i)) == name) return static_cast<Code>(i);
  }
  return std::nullopt;
}

// "tokenizer.json, README.md and 3 more"
std::string some_paths(const std::vector<registry::VersionFile>& files) {
  constexpr std::size_t kShown = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(files.size(), kShown); ++i) text.append(i ? ", " : "").append(files[i].path);
  if (files.size() > kShown) text += " and " + std::to_string(files.size() - kShown) + " more";
  return text;
}

std::uint64_t bytes_of(const std::vector<registry::VersionFile>& files) {
  std::uint64_t bytes = 0;
  for (const auto& file : files) {
    std::error_code fault;
    std::uint64_t size = std::filesystem::file_size(file.local_path, fault);
    if (!fault) bytes += size;
  }
  return bytes;
}

Status check_memory(const Runtime& runtime, const std::vector<registry::VersionFile>& files) {
  std::uint64_t bytes = bytes_of(files);
  std::uint64_t takes = runtime.memory().bytes;
  if (takes <= kMemoryOfAny || (takes - kMemoryOfAny) / kMemoryPerByte <= bytes) return {};
  return invalid_argument("the model (" + some_paths(files) + ") takes " + std::to_string(takes >> 20) +
                          " MiB of memory once loaded, out of files of " + std::to_string(bytes >> 10) +
                          " KiB; it is refused");
}

Error in_declaration(Error error) {
  error.message = std::string(kDeclarationFile) + ": " + error.message;
  return error;
}

Result<std::optional<json::Raw>> read_declaration(const ReadFile& read_file) {
  auto text = read_file(std::string(kDeclarationFile));
  if (!text && text.error().code == Code::not_found) return std::nullopt;
  if (!text) return text.error();
  auto declaration = yaml::to_json(*text, {.bytes = 64 << 10, .aliases = 0});
  if (!declaration) return in_declaration(declaration.error());
  return std::optional(std::move(*declaration));
}

}  // namespace

ReadFile reader_of(std::vector<registry::VersionFile> files) {
  return [files = std::move(files)](const std::string& path) -> Result<std::string> {
    auto file = std::find_if(files.begin(), files.end(), [&](const auto& f) { return f.path == path; });
    if (file == files.end()) return not_found("\"" + path + "\" is not among the version's files");
    return read_text(file->local_path, path);
  };
}

Result<registry::Inspection> inspect_files(std::span<Loader* const> loaders, const CheckDeclaration& check,
                                           const std::vector<registry::VersionFile>& files) {
  registry::Inspection inspection;
  ReadFile read_file = reader_of(files);
  inspection.declaration = SOUK_TRY(read_declaration(read_file));

  Loader* mine = nullptr;
  for (Loader* loader : loaders) {
    Choice choice = loader->find_model(files);
    if (choice.model) {
      mine = loader;
      break;
    }
    if (!choice.problem.empty()) inspection.missing = choice.problem;
  }
  if (!mine) {
    if (inspection.missing.empty()) {
      inspection.missing = files.empty() ? "the version has no files"
                                         : "no runtime runs these files (" + some_paths(files) + "): souk runs .onnx";
    }
    return inspection;
  }

  inspection.format = std::string(mine->name());
  auto runtime = mine->load(files);
  if (!runtime && runtime.error().code == Code::unimplemented) {
    inspection.missing = runtime.error().message;
    return inspection;
  }
  if (!runtime) return runtime.error();
  SOUK_TRY(check_memory(**runtime, files));
  inspection.runtime = std::string(mine->name());
  inspection.signature = (*runtime)->signature();
  if (inspection.declaration) {
    auto task = check(*inspection.declaration, *inspection.signature, read_file);
    if (!task) return in_declaration(task.error());
    if (!task->empty()) inspection.signature->task = *task;
    if (Status ranges = declare_ranges(*inspection.declaration, *inspection.signature); !ranges) {
      return in_declaration(std::move(ranges.error()));
    }
  }
  return inspection;
}

int inspect_main(std::span<Loader* const> loaders, const CheckDeclaration& check, std::istream& in, std::ostream& out) {
  std::string text((std::istreambuf_iterator<char>(in)), {});
  auto question = json::read<Question>(text);
  if (!question) return 2;
  std::vector<registry::VersionFile> files;
  for (WireFile& file : question->files) files.push_back({std::move(file.path), std::move(file.local_path)});
  Answer answer;
  try {
    auto inspection = inspect_files(loaders, check, files);
    if (inspection) {
      answer.inspection = std::move(*inspection);
    } else {
      const Error& error = inspection.error();
      answer.error = WireError{std::string(code_name(error.code)), error.describe(), error.field};
    }
  } catch (const std::bad_alloc&) {
    answer.error = WireError{"RESOURCE_EXHAUSTED", "the model needs more memory than an inspection may take", ""};
  }
  out << json::write(answer) << '\n' << std::flush;
  return out ? 0 : 2;
}

ChildInspector::ChildInspector(executors::ChildLimits limits, std::vector<std::string> argv)
    : limits_(limits), argv_(std::move(argv)) {}

namespace {

Error from_wire(const WireError& error) {
  Error result(code_named(error.code).value_or(Code::internal), error.message);
  return std::move(result).at(error.field);
}

// Why a child that gave no answer gave none.
Error no_answer(const executors::ChildResult& child, const std::string& what, const executors::ChildLimits& limits) {
  constexpr int kCpuLimit = 24;  // SIGXCPU
  if (child.timed_out || child.signal == kCpuLimit) {
    auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limits.wall_time).count();
    return invalid_argument(what + " did not finish loading within " + std::to_string(seconds) + " s");
  }
  if (child.signal != 0) {
    return invalid_argument(what + " makes its loader crash (signal " + std::to_string(child.signal) +
                            "); it would take the server down and is refused");
  }
  std::string detail = child.error_output.substr(child.error_output.size() > 300 ? child.error_output.size() - 300 : 0);
  return unavailable("the inspection of " + what + " could not run: exit code " + std::to_string(child.exit_code) +
                     (detail.empty() ? "" : ": " + detail));
}

}  // namespace

Result<registry::Inspection> ChildInspector::inspect(const std::vector<registry::VersionFile>& files) {
  Question question;
  for (const auto& file : files) question.files.push_back({file.path, file.local_path});
  executors::ChildRequest request;
  request.argv = argv_;
  request.input = json::write(question);
  request.limits = limits_;
  // A large model is mapped, copied and packed.
  request.limits.address_space =
      std::max<std::uint64_t>(limits_.address_space, kMemoryPerByte * bytes_of(files) + (2ull << 30));
  executors::ChildResult child = SOUK_TRY(executors::run_child(request));

  std::string what = "the model (" + some_paths(files) + ")";
  if (child.timed_out || child.signal != 0 || child.exit_code != 0) return no_answer(child, what, limits_);
  auto answer = json::read<Answer>(child.output);
  if (!answer) return unavailable("the inspection of " + what + " gave no answer").because(answer.error());
  if (answer->error) return from_wire(*answer->error);
  if (!answer->inspection) return unavailable("the inspection of " + what + " gave no answer");
  return std::move(*answer->inspection);
}

}  // namespace souk::runtimes
