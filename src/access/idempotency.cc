// SPDX-License-Identifier: Apache-2.0
#include "access/idempotency.h"

#include <algorithm>

#include "base/digest.h"

namespace souk::access {

namespace {

constexpr std::chrono::hours kKept{24};
constexpr std::size_t kMaxKey = 255;

struct Kept {
  std::string request_hash;
  std::string result;
};
BOOST_DESCRIBE_STRUCT(Kept, (), (request_hash, result))

Status check_key(std::string_view key) {
  const bool printable = std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7F; });
  if (key.size() <= kMaxKey && printable) return {};
  return invalid_argument("Idempotency-Key may be at most 255 printable ASCII characters without spaces")
      .at("Idempotency-Key");
}

}  // namespace

Result<std::optional<std::string>> claim_key(store::Tx& tx, const Call& call, const std::string& request) {
  SOUK_TRY(check_key(call.idempotency_key));
  const PrincipalId principal = call.principal->id;
  const Digest key = sha256(call.idempotency_key);
  const std::string hash = sha256(request).string();
  const Time at = now();
  // Claimed before the work: of two at once, the second waits here and then finds the first's answer. One that is too
  // old to be kept is as none.
  const auto claimed =
      SOUK_TRY(tx.exec("INSERT INTO idempotency_keys (principal_id, key_hash, request_hash, result, create_time) "
                       "VALUES ($1, $2, $3, '', $4) ON CONFLICT (principal_id, key_hash) DO UPDATE SET "
                       "request_hash = excluded.request_hash, result = '', create_time = excluded.create_time "
                       "WHERE idempotency_keys.create_time <= $5",
                       principal, key, hash, at, at - kKept));
  if (claimed == 1) return std::optional<std::string>();
  auto kept = SOUK_TRY(tx.first<Kept>(
      "SELECT request_hash, result FROM idempotency_keys WHERE principal_id = $1 AND key_hash = $2", principal, key));
  if (!kept) return aborted("the answer kept for this Idempotency-Key was just forgotten");
  if (kept->request_hash == hash) return std::optional<std::string>(std::move(kept->result));
  return failed_precondition("this Idempotency-Key was used for another request")
      .at("Idempotency-Key")
      .advise("take a new key for each new request");
}

Status keep_answer(store::Tx& tx, const Call& call, const std::string& answer) {
  return tx.defer("UPDATE idempotency_keys SET result = $1 WHERE principal_id = $2 AND key_hash = $3", answer,
                  call.principal->id, sha256(call.idempotency_key));
}

Status forget_answers(store::Tx& tx) {
  return tx.defer("DELETE FROM idempotency_keys WHERE create_time <= $1", now() - kKept);
}

}  // namespace souk::access
