// Result<T> and Status: how every function of Decant that can fail says so.
//
// An Error answers its caller's questions: may I try again, must I reconnect, must the run stop.
// A bad record is not an Error but data (see Rejection in store.h); a broken invariant is an
// assert.
#pragma once

#include <cassert>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace decant {

enum class ErrorCode {
  invalid,      // the command line, plan or address is wrong: exit 2
  not_found,    // a named source, file or collection is not there: exit 2
  refused,      // it would be unsafe (lock, changed plan, newer format): exit 4
  busy,         // somebody else holds it for now; the same call may succeed later
  lost,         // the connection is gone; reconnect, then try again
  in_doubt,     // it is unknown whether the write took effect; look before trying again
  io,           // reading or writing failed; not retried
  disk_full,    // no space; checkpoints stand, the run can be resumed
  corrupt,      // stored data is not what was written
  interrupted,  // asked to stop; resumable: exit 130
  unsupported,  // this store or build cannot do that: exit 2
};

// The word for a code, as reports and logs print it.
std::string_view to_string(ErrorCode code);

// The documented exit status of a command that ends with this error (1, 2, 4 or 130).
int exit_status(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::io;
  std::string message;  // what happened, where, and what to do next

  // The same error with its place put in front: "PLACE: message". One call a layer.
  Error in(std::string_view place) && {
    message = std::string(place) + ": " + message;
    return std::move(*this);
  }
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  template <typename U>
  requires(std::is_convertible_v<U&&, T> && !std::is_same_v<std::decay_t<U>, T> &&
           !std::is_same_v<std::decay_t<U>, Error> && !std::is_same_v<std::decay_t<U>, Result>)
      Result(U&& value)
      : state_(std::in_place_index<0>, T(std::forward<U>(value))) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok().
  T& value() & { return assert(ok()), *std::get_if<0>(&state_); }
  const T& value() const& { return assert(ok()), *std::get_if<0>(&state_); }
  // By value, so that a range-for over a temporary Result's value is safe.
  T value() && { return assert(ok()), std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // REQUIRES: !ok().
  const Error& error() const& { return assert(!ok()), *std::get_if<1>(&state_); }
  Error&& error() && { return assert(!ok()), std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

struct Done {};  // the value of a Status that is ok

using Status = Result<Done>;
inline Status ok_status() { return Done{}; }

}  // namespace decant

#define DECANT_CONCAT_INNER(a, b) a##b
#define DECANT_CONCAT(a, b) DECANT_CONCAT_INNER(a, b)

// DECANT_CHECK(expression): returns the expression's error from the enclosing function.
#define DECANT_CHECK(expression)                                      \
  do {                                                                \
    auto decant_status = (expression);                                \
    if (!decant_status.ok()) return std::move(decant_status).error(); \
  } while (false)

#define DECANT_ASSIGN_INNER(temporary, target, expression)  \
  auto temporary = (expression);                            \
  if (!temporary.ok()) return std::move(temporary).error(); \
  target = std::move(temporary).value()

// DECANT_ASSIGN(auto x, expression): x takes the value, or the error is returned.
#define DECANT_ASSIGN(target, expression) \
  DECANT_ASSIGN_INNER(DECANT_CONCAT(decant_result_, __LINE__), target, expression)
