// Books belong to the public library; see decant/books.h.
#pragma once

#include "decant/books.h"
