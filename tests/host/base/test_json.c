/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "host_stub/base/json.h"

Test(json, what_is_not_finite_is_null)
{
    json_t *const object = json_object();
    hs_json_text(object, "name", "a \"b\"");
    hs_json_count(object, "count", 9007199254740993u);
    hs_json_number(object, "third", 1.0 / 3.0, 6);
    hs_json_number(object, "tenth", 0.1, 3);
    hs_json_number(object, "none", NAN, 3);
    hs_json_number(object, "all", -INFINITY, 3);
    hs_json_put(object, "list", json_array());
    char *const line = hs_json_line(object);
    cr_assert_str_eq(line,
                     "{\"name\":\"a \\\"b\\\"\",\"count\":9007199254740993,\"third\":0.333333,"
                     "\"tenth\":0.1,\"none\":null,\"all\":null,\"list\":[]}");
    free(line);
}

Test(json, a_page_is_indented)
{
    json_t *const object = json_object();
    hs_json_number(object, "work", 0.1 + 0.2, 9);
    char *const page = hs_json_page(object);
    cr_assert_str_eq(page, "{\n  \"work\": 0.3\n}");
    free(page);
    cr_assert_null(hs_json_line(NULL), "no value, no text");
}
