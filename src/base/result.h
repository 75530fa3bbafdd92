// SPDX-License-Identifier: Apache-2.0
//
// Error and Result: how every function that can fail answers.
//
// An Error has one of gRPC's canonical codes (google/rpc/code.proto) and no other; api/error_table.h turns
// a code into each protocol's status and body. The message says what failed, on which object, and what to
// do about it. No exception crosses a room: a room that wraps a throwing library catches there.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace souk {

enum class Code {
  cancelled = 1,
  unknown = 2,
  invalid_argument = 3,
  deadline_exceeded = 4,
  not_found = 5,
  already_exists = 6,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  aborted = 10,
  out_of_range = 11,
  unimplemented = 12,
  internal = 13,
  unavailable = 14,
  data_loss = 15,
  unauthenticated = 16,
};

// "INVALID_ARGUMENT" and so on.
std::string_view code_name(Code code);

struct Error {
  Code code = Code::unknown;
  std::string message;
  std::string field;  // the request field at fault, as a path ("inputs[0].shape[1]"); empty: none
  std::string hint;   // the next thing to try; empty: none
  std::optional<std::chrono::milliseconds> retry_after;
  std::shared_ptr<const Error> cause;
  bool concealed = false;  // not_found of what is there, but not to be seen: told to nobody, for the audit

  // All of these are written once, in result.cc: an Error is moved in thousands of places and made in few.
  Error(Code code, std::string message);
  Error(const Error& other);
  Error(Error&& other) noexcept;
  Error& operator=(const Error& other);
  Error& operator=(Error&& other) noexcept;
  ~Error();

  Error&& at(std::string path) &&;
  Error&& advise(std::string next_step) &&;
  Error&& retry_in(std::chrono::milliseconds delay) &&;
  // Puts this error in front of the one it comes from.
  Error&& because(Error from) &&;

  // The message followed by those of its causes, joined by ": ".
  std::string describe() const;
};

// One maker a code: `return not_found("model default/digits does not exist");`
Error cancelled(std::string message);
Error invalid_argument(std::string message);
Error deadline_exceeded(std::string message);
Error not_found(std::string message);
Error already_exists(std::string message);
Error permission_denied(std::string message);
Error resource_exhausted(std::string message);
Error failed_precondition(std::string message);
Error aborted(std::string message);
Error out_of_range(std::string message);
Error unimplemented(std::string message);
Error internal(std::string message);
Error unavailable(std::string message);
Error data_loss(std::string message);
Error unauthenticated(std::string message);

Error concealed(Error error);

// tl::expected<T, Error> that may not be ignored and takes an Error as it is.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using Base = tl::expected<T, Error>;
  using Base::Base;
  Result() = default;
  Result(Error error) : Base(tl::unexpect, std::move(error)) {}
  Result(Base base) : Base(std::move(base)) {}
};

using Status = Result<void>;

// SOUK_TRY(expr): the value of a Result, or returns its error from the function around it.
#define SOUK_TRY(...)                                          \
  ({                                                           \
    auto souk_result_ = (__VA_ARGS__);                         \
    if (!souk_result_) return std::move(souk_result_).error(); \
    ::souk::detail::take(std::move(souk_result_));             \
  })

namespace detail {
template <class T>
T take(Result<T>&& result) {
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}
}  // namespace detail

}  // namespace souk
