/* Memory for nodes, in the order of their making.
 *
 * Nodes made one after the other lie one after the other, in chunks, and a sweep and the destruction of a graph walk
 * them about in that order: on a graph larger than the cache this is worth a factor of three.  A list of free blocks
 * handed out last in, first out would lose it as a process ages, because destruction puts blocks back in the order in
 * which it walks the last graph.  So a chunk hands out its blocks in order until it is full, and begins anew, in order,
 * when all of them are free again; a chunk that is partly free is used only when no empty one is left.
 */
#ifndef AUTOGRAD_ARENA_H
#define AUTOGRAD_ARENA_H

#include <stddef.h>
#include <stdint.h>
#if defined(_WIN32)
#include <malloc.h>
#else
#include <sys/mman.h>
#endif

#define CHUNK_SIZE ((size_t)1 << 18)
#define KEPT_CHUNKS 64 /* 16 MB */

typedef struct Chunk {
    struct Chunk *next, *previous; /* in the list of chunks with room; next is NULL while it is in none */
    void *free;                    /* blocks given back, each holding a pointer to the next */
    uint32_t live, bump;           /* blocks in use, and where the first block begins that was never used */
} Chunk;

#define FIRST_BLOCK ((uint32_t)((sizeof(Chunk) + 15) / 16 * 16))

static size_t block_size;                     /* a multiple of 8, set once */
static Chunk *chunk_in_use;                   /* hands out blocks */
static Chunk with_room = {&with_room, &with_room, NULL, 0, 0}; /* partly free chunks */
static Chunk *empty_chunks;                   /* kept for the next graph */
static size_t chunk_count, empty_count;       /* all chunks, and those of them that are empty */

/* Chunks come from the system itself and go back to it: what malloc is given back it may keep. */
#if defined(_WIN32)

static Chunk *chunk_from_system(void)
{
    return _aligned_malloc(CHUNK_SIZE, CHUNK_SIZE);
}

static void chunk_to_system(Chunk *chunk)
{
    _aligned_free(chunk);
}

#else

static Chunk *chunk_from_system(void)
{
    size_t before;
    char *chunk = mmap(NULL, 2 * CHUNK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (chunk == MAP_FAILED) {
        return NULL;
    }
    before = (CHUNK_SIZE - (uintptr_t)chunk % CHUNK_SIZE) % CHUNK_SIZE;
    if (before > 0) {
        munmap(chunk, before);
    }
    munmap(chunk + before + CHUNK_SIZE, CHUNK_SIZE - before);
#if defined(MADV_POPULATE_WRITE)
    madvise(chunk + before, CHUNK_SIZE, MADV_POPULATE_WRITE); /* its pages at once, not one fault each */
#endif
    return (Chunk *)(chunk + before);
}

static void chunk_to_system(Chunk *chunk)
{
    munmap(chunk, CHUNK_SIZE);
}

#endif

static inline void leave_list(Chunk *chunk)
{
    chunk->next->previous = chunk->previous;
    chunk->previous->next = chunk->next;
    chunk->next = NULL;
}

/* A block from the chunk in use, or NULL if it has none. */
static inline void *block_in_use(void)
{
    Chunk *chunk = chunk_in_use;
    void *block;
    if (chunk == NULL) {
        return NULL;
    }
    if (chunk->bump + block_size <= CHUNK_SIZE) {
        block = (char *)chunk + chunk->bump;
        chunk->bump += (uint32_t)block_size;
    }
    else if ((block = chunk->free) != NULL) {
        chunk->free = *(void **)block;
    }
    else {
        return NULL;
    }
    chunk->live++;
    return block;
}

/* Take another chunk into use: an empty one, else one with room, else a new one.  NULL if there is no memory. */
static void *block_of_another_chunk(void)
{
    Chunk *chunk;
    if (empty_chunks != NULL) {
        chunk = empty_chunks;
        empty_chunks = chunk->next;
        chunk->next = NULL;
        empty_count--;
    }
    else if (with_room.next != &with_room) {
        chunk = with_room.next;
        leave_list(chunk);
    }
    else {
        chunk = chunk_from_system();
        if (chunk == NULL) {
            return NULL;
        }
        chunk->next = chunk->previous = NULL;
        chunk->free = NULL;
        chunk->live = 0;
        chunk->bump = FIRST_BLOCK;
        chunk_count++;
    }
    chunk_in_use = chunk;
    return block_in_use();
}

static inline void *take_block(void)
{
    void *block = block_in_use();
    return block != NULL ? block : block_of_another_chunk();
}

static inline void give_block(void *block)
{
    Chunk *chunk = (Chunk *)((uintptr_t)block & ~(uintptr_t)(CHUNK_SIZE - 1));
    if (--chunk->live > 0) {
        *(void **)block = chunk->free;
        chunk->free = block;
        if (chunk->next == NULL && chunk != chunk_in_use) {
            chunk->next = with_room.next;
            chunk->previous = &with_room;
            with_room.next->previous = chunk;
            with_room.next = chunk;
        }
        return;
    }
    chunk->bump = FIRST_BLOCK;
    chunk->free = NULL;
    if (chunk == chunk_in_use) {
        return;
    }
    if (chunk->next != NULL) {
        leave_list(chunk);
    }
    chunk->next = empty_chunks;
    empty_chunks = chunk;
    empty_count++;
    /* what a peak needed goes back to the system, but for what a training step may need and an eighth of what is in use */
    while (empty_count > KEPT_CHUNKS + (chunk_count - empty_count) / 8) {
        chunk = empty_chunks;
        empty_chunks = chunk->next;
        chunk_to_system(chunk);
        empty_count--;
        chunk_count--;
    }
}

#endif
