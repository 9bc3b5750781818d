#include "model/temporal.h"

#include <charconv>
#include <cstring>

namespace decant {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

struct Civil {
  std::int64_t year;
  unsigned month;
  unsigned day;
};

// Days since 1970-01-01 and back (H. Hinnant, chrono-compatible low-level date algorithms).
std::int64_t days_of(const Civil& civil) {
  const std::int64_t year = civil.year - (civil.month <= 2 ? 1 : 0);
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<unsigned>(year - era * 400);
  const unsigned month = civil.month > 2 ? civil.month - 3 : civil.month + 9;
  const unsigned day_of_year = (153 * month + 2) / 5 + civil.day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + static_cast<std::int64_t>(day_of_era) - 719'468;
}

Civil civil_of(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const auto day_of_era = static_cast<unsigned>(days - era * 146'097);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted = (5 * day_of_year + 2) / 153;
  const unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;
  const std::int64_t year = static_cast<std::int64_t>(year_of_era) + era * 400;
  return {year + (month <= 2 ? 1 : 0), month, day_of_year - (153 * shifted + 2) / 5 + 1};
}

unsigned days_in_month(std::int64_t year, unsigned month) {
  constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : kDays[month - 1];
}

// What is left of a text while it is taken apart.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  // Exactly `count` digits.
  bool digits(int count, std::int64_t& number) {
    number = 0;
    for (int i = 0; i < count; ++i) {
      if (!is_digit()) return false;
      number = number * 10 + (text_[at_++] - '0');
    }
    return true;
  }
  int digits_ahead() const {
    std::size_t end = at_;
    while (end < text_.size() && text_[end] >= '0' && text_[end] <= '9') ++end;
    return static_cast<int>(end - at_);
  }
  // [.f] as microseconds; true as well where there is none.
  bool fraction(std::int64_t& microseconds) {
    microseconds = 0;
    if (!take('.')) return true;
    if (!is_digit()) return false;
    std::int64_t unit = 100'000;
    while (is_digit()) {
      const int digit = text_[at_++] - '0';
      if (unit == 0 && digit != 0) return false;  // would be lost
      microseconds += digit * unit;
      unit /= 10;
    }
    return true;
  }

 private:
  bool is_digit() const { return !at_end() && text_[at_] >= '0' && text_[at_] <= '9'; }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool take_date(Cursor& cursor, std::int64_t& days) {
  Civil civil{};
  const char sign = cursor.peek();
  std::int64_t month = 0;
  std::int64_t day = 0;
  if (sign == '+' || sign == '-') {
    cursor.take(sign);
    const int count = cursor.digits_ahead();
    if (count < 5 || count > 7 || !cursor.digits(count, civil.year)) return false;
    if (sign == '-' && civil.year == 0) return false;
    if (sign == '-') civil.year = -civil.year;
  } else if (!cursor.digits(4, civil.year) || civil.year == 0) {
    return false;
  }
  if (!cursor.take('-') || !cursor.digits(2, month) || !cursor.take('-') ||
      !cursor.digits(2, day) || month < 1 || month > 12) {
    return false;
  }
  civil.month = static_cast<unsigned>(month);
  civil.day = static_cast<unsigned>(day);
  if (day < 1 || civil.day > days_in_month(civil.year, civil.month)) return false;
  days = days_of(civil);
  return true;
}

bool take_time(Cursor& cursor, std::int64_t& microseconds) {
  std::int64_t hours = 0;
  std::int64_t minutes = 0;
  std::int64_t seconds = 0;
  std::int64_t fraction = 0;
  if (!cursor.digits(2, hours) || !cursor.take(':') || !cursor.digits(2, minutes) ||
      !cursor.take(':') || !cursor.digits(2, seconds) || !cursor.fraction(fraction) ||
      minutes > 59 || seconds > 59) {
    return false;
  }
  microseconds = ((hours * 60 + minutes) * 60 + seconds) * kSecond + fraction;
  return microseconds <= kDay;
}

bool take_zone(Cursor& cursor, std::int16_t& zone_minutes) {
  zone_minutes = 0;
  if (cursor.take('Z') || cursor.take('z')) return true;
  const bool west = cursor.peek() == '-';
  if (!cursor.take('+') && !cursor.take('-')) return false;
  std::int64_t hours = 0;
  std::int64_t minutes = 0;
  if (!cursor.digits(2, hours)) return false;
  const bool colon = cursor.take(':');
  if ((colon || !cursor.at_end()) && !cursor.digits(2, minutes)) return false;
  if (hours > 23 || minutes > 59) return false;
  zone_minutes = static_cast<std::int16_t>((west ? -1 : 1) * (hours * 60 + minutes));
  return true;
}

// Date and time of a day, in microseconds. False past 64 bits, and for the two infinities' values.
bool take_date_and_time(Cursor& cursor, std::int64_t& microseconds) {
  std::int64_t days = 0;
  std::int64_t of_day = 0;
  if (!take_date(cursor, days)) return false;
  if (!cursor.take('T') && !cursor.take(' ') && !cursor.take('t')) return false;
  if (!take_time(cursor, of_day) || of_day == kDay) return false;
  return !__builtin_mul_overflow(days, kDay, &microseconds) &&
         !__builtin_add_overflow(microseconds, of_day, &microseconds) && microseconds != kForever &&
         microseconds != kForeverAgo;
}

std::optional<std::int64_t> infinity(std::string_view text) {
  if (text == "infinity") return kForever;
  if (text == "-infinity") return kForeverAgo;
  return std::nullopt;
}

// Writes into a TemporalText, which is large enough for the longest of them.
class Printer {
 public:
  explicit Printer(TemporalText& buffer) : start_(buffer), at_(buffer) {}
  std::string_view text() const { return {start_, static_cast<std::size_t>(at_ - start_)}; }
  void put(char c) { *at_++ = c; }
  void put(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void padded(std::int64_t number, int width) {
    char digits[20];
    int count = 0;
    do {
      digits[count++] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number > 0);
    for (int i = count; i < width; ++i) put('0');
    while (count > 0) put(digits[--count]);
  }
  void number(std::int64_t value) {
    at_ = std::to_chars(at_, start_ + kTemporalTextMax, value).ptr;
  }
  void fraction(std::int64_t microseconds) {
    if (microseconds == 0) return;
    put('.');
    padded(microseconds, 6);
    while (at_[-1] == '0') --at_;
  }
  void date(std::int64_t days) {
    const Civil civil = civil_of(days);
    if (civil.year >= 1 && civil.year <= 9999) {
      padded(civil.year, 4);
    } else {
      put(civil.year < 0 ? '-' : '+');
      padded(civil.year < 0 ? -civil.year : civil.year, 6);
    }
    put('-');
    padded(civil.month, 2);
    put('-');
    padded(civil.day, 2);
  }
  void time(std::int64_t microseconds) {
    const std::int64_t seconds = microseconds / kSecond;
    padded(seconds / 3600, 2);
    put(':');
    padded(seconds / 60 % 60, 2);
    put(':');
    padded(seconds % 60, 2);
    fraction(microseconds % kSecond);
  }
  // `shift`: the zone, added after the division, so that it cannot overflow.
  void date_and_time(std::int64_t microseconds, std::int64_t shift, char separator) {
    std::int64_t days = microseconds / kDay;
    std::int64_t of_day = microseconds % kDay + shift;
    while (of_day < 0) {
      of_day += kDay;
      --days;
    }
    while (of_day >= kDay) {
      of_day -= kDay;
      ++days;
    }
    date(days);
    put(separator);
    time(of_day);
  }
  void part(std::int64_t amount, char unit) {
    if (amount == 0) return;
    number(amount);
    put(unit);
  }

 private:
  char* start_;
  char* at_;
};

bool print_infinity(std::int64_t number, Printer& printer) {
  if (number == kForever) printer.put("infinity");
  if (number == kForeverAgo) printer.put("-infinity");
  return number == kForever || number == kForeverAgo;
}

// One part of an interval: its number, its fraction in millionths, and its letter.
struct Part {
  std::int64_t amount;
  std::int64_t fraction;
  bool has_fraction;
  char unit;
};

bool take_part(Cursor& cursor, Part& part) {
  const bool negative = cursor.take('-');
  if (!negative) cursor.take('+');
  const int count = cursor.digits_ahead();
  if (count < 1 || count > 18 || !cursor.digits(count, part.amount)) return false;
  part.has_fraction = cursor.peek() == '.';
  if (!cursor.fraction(part.fraction)) return false;
  if (negative) {
    part.amount = -part.amount;
    part.fraction = -part.fraction;
  }
  part.unit = cursor.peek();
  return cursor.take(part.unit) && part.unit != '\0';
}

bool add(std::int64_t amount, std::int64_t unit, std::int64_t& sum) {
  std::int64_t product = 0;
  return !__builtin_mul_overflow(amount, unit, &product) &&
         !__builtin_add_overflow(sum, product, &sum);
}

}  // namespace

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  if (const auto forever = infinity(text)) return Timestamp{*forever, 0};
  Cursor cursor(text);
  Timestamp result;
  if (!take_date_and_time(cursor, result.microseconds)) return std::nullopt;
  if (!take_zone(cursor, result.zone_minutes) || !cursor.at_end()) return std::nullopt;
#if DECANT_MUTANT_ZONE_DROPPED
  result.zone_minutes = 0;
#endif
  if (!add(-std::int64_t{result.zone_minutes}, 60 * kSecond, result.microseconds) ||
      result.microseconds == kForever || result.microseconds == kForeverAgo) {
    return std::nullopt;
  }
  return result;
}

std::optional<std::int64_t> parse_timestamp_local(std::string_view text) {
  if (const auto forever = infinity(text)) return forever;
  Cursor cursor(text);
  std::int64_t microseconds = 0;
  if (!take_date_and_time(cursor, microseconds) || !cursor.at_end()) return std::nullopt;
  return microseconds;
}

std::optional<std::int64_t> parse_date(std::string_view text) {
  if (const auto forever = infinity(text)) return forever;
  Cursor cursor(text);
  std::int64_t days = 0;
  if (!take_date(cursor, days) || !cursor.at_end()) return std::nullopt;
  return days;
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  Cursor cursor(text);
  std::int64_t microseconds = 0;
  if (!take_time(cursor, microseconds) || !cursor.at_end()) return std::nullopt;
  return microseconds;
}

std::optional<Interval> parse_interval(std::string_view text) {
  Cursor cursor(text);
  if (!cursor.take('P') || cursor.at_end()) return std::nullopt;
  std::int64_t months = 0;
  std::int64_t days = 0;
  std::int64_t microseconds = 0;
  std::string_view units = "YMWD";  // each at most once, in this order
  bool in_time = false;
  while (!cursor.at_end()) {
    if (!in_time && cursor.take('T')) {
      in_time = true;
      units = "HMS";
      if (cursor.at_end()) return std::nullopt;
    }
    Part part{};
    if (!take_part(cursor, part)) return std::nullopt;
    const std::size_t place = units.find(part.unit);
    if (place == std::string_view::npos) return std::nullopt;
    units.remove_prefix(place + 1);
    if (part.has_fraction && part.unit != 'S') return std::nullopt;
    bool fits = false;
    switch (part.unit) {
      case 'Y':
        fits = add(part.amount, 12, months);
        break;
      case 'M':
        fits = in_time ? add(part.amount, 60 * kSecond, microseconds) : add(part.amount, 1, months);
        break;
      case 'W':
        fits = add(part.amount, 7, days);
        break;
      case 'D':
        fits = add(part.amount, 1, days);
        break;
      case 'H':
        fits = add(part.amount, 3600 * kSecond, microseconds);
        break;
      default:
        fits = add(part.amount, kSecond, microseconds) && add(part.fraction, 1, microseconds);
        break;
    }
    if (!fits) return std::nullopt;
  }
  if (months != static_cast<std::int32_t>(months) || days != static_cast<std::int32_t>(days)) {
    return std::nullopt;
  }
  return Interval{static_cast<std::int32_t>(months), static_cast<std::int32_t>(days), microseconds};
}

bool parse_uuid(std::string_view text, char (&bytes)[16]) {
  if (text.size() != 36) return false;
  std::size_t byte = 0;
  for (std::size_t i = 0; i < 36;) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i++] != '-') return false;
      continue;
    }
    unsigned value = 0;
    const auto [end, fault] = std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
    if (fault != std::errc() || end != text.data() + i + 2) return false;
    bytes[byte++] = static_cast<char>(value);
    i += 2;
  }
  return true;
}

std::string_view print_timestamp(std::int64_t microseconds, std::int16_t zone_minutes,
                                 TemporalText& buffer) {
  Printer printer(buffer);
  if (print_infinity(microseconds, printer)) return printer.text();
  printer.date_and_time(microseconds, std::int64_t{zone_minutes} * 60 * kSecond, 'T');
  if (zone_minutes == 0) {
    printer.put('Z');
    return printer.text();
  }
  const int zone = zone_minutes < 0 ? -zone_minutes : zone_minutes;
  printer.put(zone_minutes < 0 ? '-' : '+');
  printer.padded(zone / 60, 2);
  printer.put(':');
  printer.padded(zone % 60, 2);
  return printer.text();
}

std::string_view print_timestamp_local(std::int64_t microseconds, TemporalText& buffer,
                                       char separator) {
  Printer printer(buffer);
  if (!print_infinity(microseconds, printer)) printer.date_and_time(microseconds, 0, separator);
  return printer.text();
}

std::string_view print_date(std::int64_t days, TemporalText& buffer) {
  Printer printer(buffer);
  if (!print_infinity(days, printer)) printer.date(days);
  return printer.text();
}

std::string_view print_time(std::int64_t microseconds, TemporalText& buffer) {
  Printer printer(buffer);
  printer.time(microseconds);
  return printer.text();
}

std::string_view print_interval(const Interval& interval, TemporalText& buffer) {
  Printer printer(buffer);
  printer.put('P');
  printer.part(interval.months / 12, 'Y');
  printer.part(interval.months % 12, 'M');
  printer.part(interval.days, 'D');
  const std::int64_t seconds = interval.microseconds / kSecond;
  const std::int64_t fraction = interval.microseconds % kSecond;
  if (interval.microseconds != 0) {
    printer.put('T');
    printer.part(seconds / 3600, 'H');
    printer.part(seconds / 60 % 60, 'M');
    if (seconds % 60 != 0 || fraction != 0) {
      if (interval.microseconds < 0) printer.put('-');
      printer.number(seconds % 60 < 0 ? -(seconds % 60) : seconds % 60);
      printer.fraction(fraction < 0 ? -fraction : fraction);
      printer.put('S');
    }
  }
  if (printer.text() == "P") printer.put("T0S");
  return printer.text();
}

std::string_view print_uuid(std::string_view bytes, TemporalText& buffer) {
  constexpr std::string_view kHex = "0123456789abcdef";
  Printer printer(buffer);
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) printer.put('-');
    const auto byte = static_cast<unsigned char>(bytes[i]);
    printer.put(kHex[byte >> 4]);
    printer.put(kHex[byte & 15]);
  }
  return printer.text();
}

std::string_view print_temporal(const Value& value, TemporalText& buffer) {
  switch (value.type()) {
    case Type::timestamp:
      return print_timestamp(value.as_int64(), value.zone_minutes(), buffer);
    case Type::timestamp_local:
      return print_timestamp_local(value.as_int64(), buffer);
    case Type::date:
      return print_date(value.as_int64(), buffer);
    case Type::time:
      return print_time(value.as_int64(), buffer);
    case Type::interval:
      return print_interval(value.as_interval(), buffer);
    case Type::uuid:
      return print_uuid(value.as_text(), buffer);
    default:
      return {};
  }
}

}  // namespace decant
