// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

namespace souk {

std::string_view code_name(Code code) {
  switch (code) {
    case Code::cancelled:
      return "CANCELLED";
    case Code::unknown:
      return "UNKNOWN";
    case Code::invalid_argument:
      return "INVALID_ARGUMENT";
    case Code::deadline_exceeded:
      return "DEADLINE_EXCEEDED";
    case Code::not_found:
      return "NOT_FOUND";
    case Code::already_exists:
      return "ALREADY_EXISTS";
    case Code::permission_denied:
      return "PERMISSION_DENIED";
    case Code::resource_exhausted:
      return "RESOURCE_EXHAUSTED";
    case Code::failed_precondition:
      return "FAILED_PRECONDITION";
    case Code::aborted:
      return "ABORTED";
    case Code::out_of_range:
      return "OUT_OF_RANGE";
    case Code::unimplemented:
      return "UNIMPLEMENTED";
    case Code::internal:
      return "INTERNAL";
    case Code::unavailable:
      return "UNAVAILABLE";
    case Code::data_loss:
      return "DATA_LOSS";
    case Code::unauthenticated:
      return "UNAUTHENTICATED";
  }
  return "UNKNOWN";
}

Error::Error(Code code, std::string message) : code(code), message(std::move(message)) {}
Error::Error(const Error& other) = default;
Error::Error(Error&& other) noexcept = default;
Error& Error::operator=(const Error& other) = default;
Error& Error::operator=(Error&& other) noexcept = default;
Error::~Error() = default;

Error&& Error::at(std::string path) && {
  field = std::move(path);
  return std::move(*this);
}
Error&& Error::advise(std::string next_step) && {
  hint = std::move(next_step);
  return std::move(*this);
}
Error&& Error::retry_in(std::chrono::milliseconds delay) && {
  retry_after = delay;
  return std::move(*this);
}
Error&& Error::because(Error from) && {
  cause = std::make_shared<const Error>(std::move(from));
  return std::move(*this);
}

std::string Error::describe() const {
  std::string text;
  for (const Error* error = this; error != nullptr; error = error->cause.get()) {
    if (!text.empty()) text += ": ";
    const bool names_field = error->message.starts_with(error->field);
    if (!names_field) text.append(error->field).append(": ");
    text += error->message;
  }
  return text;
}

#define SOUK_ERROR_MAKER(name)               \
  Error name(std::string message) {          \
    return {Code::name, std::move(message)}; \
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

Error concealed(Error error) {
  error.concealed = true;
  return error;
}

}  // namespace souk
