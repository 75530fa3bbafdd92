// SPDX-License-Identifier: Apache-2.0
#include "tasks/tasks.h"

#include "tasks/classification.h"

namespace souk::tasks {

namespace {

// The key at fault in front of the message: "input.width: must be …".
Error named(Error error) {
  if (!error.field.empty() && !error.message.starts_with(error.field))
    error.message = error.field + ": " + error.message;
  return error;
}

}  // namespace

Result<std::shared_ptr<const Task>> make_task(const json::Raw& declaration, const registry::Signature& signature,
                                              const ReadFile& read_file) {
  auto declared = json::read<Declaration>(declaration.text);
  if (!declared) return named(std::move(declared.error()));
  if (!declared->task) {
    if (declared->input || declared->output) return named(invalid_argument("is missing").at("task"));
    return std::shared_ptr<const Task>();
  }
  if (declared->task != "CLASSIFICATION") {
    return named(invalid_argument("\"" + *declared->task + "\" is not one of souk's tasks: " + std::string(kKnownTasks))
                     .at("task"));
  }
  auto task = Classification::make(*declared, signature, read_file);
  if (!task) return named(std::move(task.error()));
  return task;
}

}  // namespace souk::tasks
