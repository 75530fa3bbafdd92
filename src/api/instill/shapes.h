// SPDX-License-Identifier: Apache-2.0
//
// Messages that several files of this door write, and what they read of a request alike. Inside the door only.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/exchange.h"
#include "api/instill/instill.h"
#include "base/json.h"
#include "tasks/runs/model.h"

namespace souk::api::instill {

struct RpcStatus {
  std::int64_t code = 0;
  std::string message;
  std::vector<std::string> details;
};
BOOST_DESCRIBE_STRUCT(RpcStatus, (), (code, message, details))

// google.longrunning.Operation
struct Operation {
  std::string name;
  json::Raw metadata;
  bool done = false;
  std::optional<RpcStatus> error;
  std::optional<json::Raw> response;
};
BOOST_DESCRIBE_STRUCT(Operation, (), (name, metadata, done, error, response))
struct OperationAnswer {
  Operation operation;
};
BOOST_DESCRIBE_STRUCT(OperationAnswer, (), (operation))

// `latest`: the response is a LatestOperation, with the request beside it.
Operation operation_of(const tasks::ModelRun& run, const tasks::Payload& payload, bool latest);

// An operation as it is, or once it has ended within `wait`.
void answer_operation(const Rooms& rooms, const access::Call& call, const std::string& uid, Duration wait,
                      std::function<void(Result<OperationAnswer>)> done);

// The slug of the namespace that Instill-Requester-Uid names; empty: there is no such header. Errors: not_found
Result<std::string> requester_of(const Rooms& rooms, const Exchange& exchange);

// "namespaces/NS" or "NS". Errors: invalid_argument
Result<std::string> namespace_of(std::string_view name, std::string_view field);

// VIEW_FULL
bool is_full(const std::optional<std::string>& view);

// As the one filter grammar writes it: AIP-160's timestamp("…") is "…", and fields have the names of their columns.
std::string plain_filter(std::string_view filter, const std::map<std::string_view, std::string_view>& names = {});

// Top-level keys of an object in snake_case, whatever their spelling was: "displayName" → "display_name". A key given
// in both spellings is refused. Errors: invalid_argument
Result<std::string> snake_keys(std::string_view object);

}  // namespace souk::api::instill
