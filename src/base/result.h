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

  Error(Code code, std::string message) : code(code), message(std::move(message)) {}

  Error&& at(std::string path) && {
    field = std::move(path);
    return std::move(*this);
  }
  Error&& advise(std::string next_step) && {
    hint = std::move(next_step);
    return std::move(*this);
  }
  Error&& retry_in(std::chrono::milliseconds delay) && {
    retry_after = delay;
    return std::move(*this);
  }
  // Puts this error in front of the one it comes from.
  Error&& because(Error from) && {
    cause = std::make_shared<const Error>(std::move(from));
    return std::move(*this);
  }

  // The message followed by those of its causes, joined by ": ".
  std::string describe() const;
};

// One maker a code: `return not_found("model default/digits does not exist");`
#define SOUK_ERROR_MAKER(name)                    \
  inline Error name(std::string message) {        \
    return Error(Code::name, std::move(message)); \
  }
SOUK_ERROR_MAKER(cancelled)
SOUK_ERROR_MAKER(invalid_argument)
SOUK_ERROR_MAKER(deadline_exceeded)
SOUK_ERROR_MAKER(not_found)
SOUK_ERROR_MAKER(already_exists)
SOUK_ERROR_MAKER(permission_denied)
SOUK_ERROR_MAKER(resource_exhausted)
SOUK_ERROR_MAKER(failed_precondition)
SOUK_ERROR_MAKER(aborted)
SOUK_ERROR_MAKER(out_of_range)
SOUK_ERROR_MAKER(unimplemented)
SOUK_ERROR_MAKER(internal)
SOUK_ERROR_MAKER(unavailable)
SOUK_ERROR_MAKER(data_loss)
SOUK_ERROR_MAKER(unauthenticated)
#undef SOUK_ERROR_MAKER

inline Error concealed(Error error) {
  error.concealed = true;
  return error;
}

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
