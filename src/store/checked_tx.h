// SPDX-License-Identifier: Apache-2.0
//
// What a Tx of either database does the same way: values are checked before they are sent, the first failure
// sticks, and the effects that wait for the commit are kept.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "store/scope.h"
#include "store/store.h"
#include "store/value_check.h"

namespace souk::store {

inline Counter& statements_counter(Metrics& metrics) {
  return metrics.counter("souk_store_statements_total", "Statements of transactions, of reads and writes.").with();
}

using Hooks = std::vector<std::function<void()>>;

class CheckedTx : public Tx {
 public:
  explicit CheckedTx(Counter& statements, Statements allowed = Statements::several)
      : counter_(statements), allowed_(allowed) {}
  ~CheckedTx() override { counter_.add(statements_); }
  CheckedTx(const CheckedTx&) = delete;
  CheckedTx& operator=(const CheckedTx&) = delete;

  Result<Rows> run(std::string_view sql, std::span<const Value> parameters) final {
    if (error_) return *error_;
    if (Status checked = check_values(parameters); !checked) return keep(std::move(checked).error());
    if (Status alone = check_alone(sql); !alone) return keep(std::move(alone).error());
    ++statements_;
    Result<Rows> rows = run_checked(sql, parameters);
    if (!rows) return keep(std::move(rows).error());
    return rows;
  }
  Status send(std::string_view sql, std::span<const Value> parameters) final {
    if (error_) return *error_;
    if (Status checked = check_values(parameters); !checked) return keep(std::move(checked).error());
    if (Status alone = check_alone(sql); !alone) return keep(std::move(alone).error());
    ++statements_;
    Status sent = send_checked(sql, parameters);
    if (!sent) return keep(std::move(sent).error());
    return sent;
  }
  void on_commit(std::function<void()> f) final { hooks_.push_back(std::move(f)); }

  const std::optional<Error>& error() const { return error_; }
  Hooks take_hooks() { return std::move(hooks_); }

 protected:
  virtual Result<Rows> run_checked(std::string_view sql, std::span<const Value> parameters) = 0;
  virtual Status send_checked(std::string_view sql, std::span<const Value> parameters) = 0;
  Error keep(Error error) {
    error_ = error;
    return error;
  }

 private:
  // Errors: internal
  Status check_alone(std::string_view sql) const;

  Counter& counter_;
  const Statements allowed_;
  std::uint64_t statements_ = 0;
  std::optional<Error> error_;
  Hooks hooks_;
};

// Runs f as the body of a transaction; an exception is an error, and so is a statement's failure that f ignored.
Status run_body(const std::function<Status(Tx&)>& f, CheckedTx& tx);
// Runs the hooks of a commit in order; one that throws is logged and does not stop the others.
void run_hooks(const Store& store, const Hooks& hooks, Logger& log);

}  // namespace souk::store
