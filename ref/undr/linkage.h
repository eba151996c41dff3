/* linkage.h: what surrounds the declarations of each public header. They have C linkage in C++, too, and the shared
 * library exports them; it is compiled with hidden visibility and exports nothing else. */
#ifndef UNDR_LINKAGE_H
#define UNDR_LINKAGE_H

#define UNDR_VISIBLE_ _Pragma("GCC visibility push(default)")
#define UNDR_HIDDEN_ _Pragma("GCC visibility pop")

#ifdef __cplusplus
#define UNDR_API_BEGIN \
    extern "C" { \
    UNDR_VISIBLE_
#define UNDR_API_END \
    UNDR_HIDDEN_ \
    }
#else
#define UNDR_API_BEGIN UNDR_VISIBLE_
#define UNDR_API_END UNDR_HIDDEN_
#endif

#endif
