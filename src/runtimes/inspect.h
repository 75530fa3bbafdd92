// SPDX-License-Identifier: Apache-2.0
//
// `souk inspect`: looks at a version's files in a child with limits, so that a model made to crash or hang its
// loader does so there. The parent (ChildInspector) gives the list of files as JSON on stdin and takes one JSON
// object from stdout: {"inspection": …} or {"error": {"code", "message", "field"}}.
#pragma once

#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "executors/child.h"
#include "registry/inspector.h"
#include "runtimes/runtime.h"

namespace souk::runtimes {

using ReadFile = std::function<Result<std::string>(const std::string& path)>;
// Checks a declaration (souk.yaml as JSON) against the signature and gives the task it declares, or "" when it
// declares none. app puts tasks behind it. Errors: invalid_argument (which key, what is allowed)
using CheckDeclaration = std::function<Result<std::string>(const json::Raw& declaration, const Signature& signature,
                                                           const ReadFile& read_file)>;

inline constexpr std::string_view kDeclarationFile = "souk.yaml";

// Gives small text files of a version, by path. Errors: not_found, resource_exhausted (larger than 1 MiB)
ReadFile reader_of(std::vector<registry::VersionFile> files);

// In this process: test-loads the model. Files that no runtime runs are fine: `missing` says what lacks.
// Errors: as registry::Inspector
Result<registry::Inspection> inspect_files(std::span<Loader* const> loaders, const CheckDeclaration& check,
                                           const std::vector<registry::VersionFile>& files);

// The subcommand: returns the exit code, 0 whenever it could answer.
int inspect_main(std::span<Loader* const> loaders, const CheckDeclaration& check, std::istream& in, std::ostream& out);

// Thread-safe. Blocks until the child ended.
class ChildInspector final : public registry::Inspector {
 public:
  // `argv` starts the child; app's own binary by default.
  explicit ChildInspector(executors::ChildLimits limits = {},
                          std::vector<std::string> argv = {"/proc/self/exe", "inspect"});
  Result<registry::Inspection> inspect(const std::vector<registry::VersionFile>& files) override;

 private:
  executors::ChildLimits limits_;
  std::vector<std::string> argv_;
};

}  // namespace souk::runtimes
