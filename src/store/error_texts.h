// SPDX-License-Identifier: Apache-2.0
//
// The errors that both databases give, with one message each; `said` is the database's own word and becomes
// the cause. No SQL and no value stands in a message.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace souk::store {

inline Error unique_error(std::string_view constraint) {
  return already_exists("an object with this name or key is there already")
      .because(already_exists(std::string(constraint)));
}
inline Error foreign_key_error(std::string_view constraint) {
  return failed_precondition("what this refers to is not there, or something still refers to this")
      .because(failed_precondition(std::string(constraint)));
}
inline Error check_error(std::string_view constraint) {
  return failed_precondition("a value breaks a rule of the database")
      .because(failed_precondition(std::string(constraint)));
}
inline Error gone_error(std::string message, std::string said) {
  return unavailable(std::move(message)).retry_in(std::chrono::seconds(1)).because(unavailable(std::move(said)));
}
// Whoever may free space is not the caller: it is told to come back.
inline Error full_error(std::string said) {
  return unavailable("the disk of the database is full: nothing can be changed until space is free on it")
      .advise("free space on the server's disk; it goes on by itself")
      .retry_in(std::chrono::seconds(10))
      .because(resource_exhausted(std::move(said)));
}
inline Error too_large_error(std::string said) {
  return invalid_argument("a value is too large for the database").because(invalid_argument(std::move(said)));
}
inline Error closing_error() {
  return unavailable("the database is being closed").retry_in(std::chrono::seconds(1));
}

}  // namespace souk::store
