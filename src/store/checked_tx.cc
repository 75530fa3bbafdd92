// SPDX-License-Identifier: Apache-2.0
#include "store/checked_tx.h"

#include <exception>

namespace souk::store {

Status CheckedTx::check_alone(std::string_view sql) const {
  if (allowed_ == Statements::several) return {};
  if (statements_ > 0) return internal("a read of one statement ran a second: say Statements::several");
  if (sql.starts_with("SELECT") || sql.starts_with("WITH")) return {};
  return internal("a read of one statement is a SELECT");
}

Status run_body(const std::function<Status(Tx&)>& f, CheckedTx& tx) {
  Status status;
  try {
    status = f(tx);
  } catch (const std::exception& error) {
    return internal("a transaction's function threw").because(internal(error.what()));
  } catch (...) {
    return internal("a transaction's function threw something that is no std::exception");
  }
  // A conflict comes first: the answer f made of it must not hide that it is to be tried again.
  if (tx.error() && (status || tx.error()->code == Code::aborted)) return *tx.error();
  return status;
}

void run_hooks(const Store& store, const Hooks& hooks, Logger& log) {
  if (hooks.empty()) return;
  const Scope scope(store, Scope::Kind::hooks, nullptr);
  for (const auto& hook : hooks) {
    try {
      hook();
    } catch (const std::exception& error) {
      log.error("store", "an effect after a commit threw", {{"what", error.what()}});
    } catch (...) {
      log.error("store", "an effect after a commit threw something that is no std::exception");
    }
  }
}

}  // namespace souk::store
