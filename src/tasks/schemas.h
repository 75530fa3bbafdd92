// SPDX-License-Identifier: Apache-2.0
//
// What a typed task takes and gives, as JSON Schema: of one element of task_inputs and of task_outputs.
#pragma once

#include <optional>
#include <string_view>

namespace souk::tasks {

struct TaskSchemas {
  std::string_view input, output;
};

// None for a task that is not known.
std::optional<TaskSchemas> schemas_of(std::string_view task);

}  // namespace souk::tasks
