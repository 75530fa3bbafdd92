// SPDX-License-Identifier: Apache-2.0
//
// Idempotency-Key: a request that creates, sent again with the same key by the same principal within a day, gets
// the first answer; another request under the key is failed_precondition. Only hashes of the keys are kept.
//
//   return once<Namespace>(tx, call, [&] { return "create_namespace " + slug; }, [&] { return insert(tx); });
#pragma once

#include <optional>
#include <string>

#include "access/model.h"
#include "base/json.h"
#include "base/result.h"
#include "store/store.h"

namespace souk::access {

// Claims the call's key in `tx`, or gives the answer kept under it. `request` says what is asked for.
// Errors: invalid_argument (the key), failed_precondition
Result<std::optional<std::string>> claim_key(store::Tx& tx, const Call& call, const std::string& request);
Status keep_answer(store::Tx& tx, const Call& call, const std::string& answer);
// Forgets what is older than a day.
Status forget_answers(store::Tx& tx);

// T is described; `request` makes the text that tells requests apart, `make` does the work.
template <class T, class Request, class Make>
Result<T> once(store::Tx& tx, const Call& call, Request&& request, Make&& make) {
  if (call.idempotency_key.empty()) return make();
  std::optional<std::string> before = SOUK_TRY(claim_key(tx, call, request()));
  if (before) return json::read<T>(*before);
  Result<T> made = make();
  if (made) SOUK_TRY(keep_answer(tx, call, json::write(*made)));
  return made;
}

}  // namespace souk::access
