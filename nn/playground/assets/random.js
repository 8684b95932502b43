// Python's `random.Random(seed)` in JavaScript, so that a seed gives the same numbers here and there: the Mersenne
// twister MT19937 (Matsumoto and Nishimura 1998), seeded and read as CPython does.  Its Python twin is the standard
// library's; tests/test_playground.py compares the two.

/**
 * The digests SHA-256 and SHA-512 (FIPS 180-4) of bytes, as hexadecimal text.
 * @param {Uint8Array} bytes
 * @param {256 | 512} bits
 */
function sha2(bytes, bits) {
  const size = BigInt(bits / 8); // of a word, in bits
  const { mask, keys, first, turns } = constantsOfSha2(bits);
  const turn = (/** @type {bigint} */ x, /** @type {number} */ by) =>
    (x >> BigInt(by)) | ((x << (size - BigInt(by))) & mask);
  const mix = (/** @type {bigint} */ x, /** @type {number[]} */ [a, b, c], /** @type {boolean} */ shift) =>
    turn(x, a) ^ turn(x, b) ^ (shift ? x >> BigInt(c) : turn(x, c));
  const block = bits / 4; // bytes
  const padded = new Uint8Array(Math.ceil((bytes.length + 1 + block / 8) / block) * block);
  padded.set(bytes);
  padded[bytes.length] = 128;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, 8n * BigInt(bytes.length));
  const view = new DataView(padded.buffer);
  let state = first;
  for (let start = 0; start < padded.length; start += block) {
    const words = keys.map((_, i) =>
      i >= 16 ? 0n : bits === 256 ? BigInt(view.getUint32(start + 4 * i)) : view.getBigUint64(start + 8 * i),
    );
    let [a, b, c, d, e, f, g, h] = state;
    keys.forEach((key, i) => {
      if (i >= 16)
        words[i] =
          (words[i - 16] + mix(words[i - 15], turns[0], true) + words[i - 7] + mix(words[i - 2], turns[1], true)) &
          mask;
      const one = h + mix(e, turns[3], false) + ((e & f) ^ (~e & g)) + key + words[i];
      const two = mix(a, turns[2], false) + ((a & b) ^ (a & c) ^ (b & c));
      [a, b, c, d, e, f, g, h] = [(one + two) & mask, a, b, c, (d + one) & mask, e, f, g];
    });
    state = [a, b, c, d, e, f, g, h].map((x, i) => (x + state[i]) & mask);
  }
  return state.map((x) => x.toString(16).padStart(bits / 32, "0")).join("");
}

/** @type {Record<number, { mask: bigint, keys: bigint[], first: bigint[], turns: number[][] }>} */
const SHA2 = {};

/** @param {256 | 512} bits */
function constantsOfSha2(bits) {
  if (!SHA2[bits]) {
    const size = BigInt(bits / 8);
    const mask = (1n << size) - 1n;
    /** @type {number[]} */
    const primes = [];
    for (let n = 2; primes.length < 80; n++) if (primes.every((p) => n % p)) primes.push(n);
    // The first bits of the fraction of a root: the whole root of the prime times 2^(power · size).
    const fraction = (/** @type {number} */ prime, /** @type {bigint} */ power) => {
      const goal = BigInt(prime) << (power * size);
      let [low, high] = [0n, 1n << (size + 5n)];
      while (high - low > 1n) {
        const middle = (low + high) >> 1n;
        if (middle ** power <= goal) low = middle;
        else high = middle;
      }
      return low & mask;
    };
    SHA2[bits] = {
      mask,
      keys: primes.slice(0, bits === 256 ? 64 : 80).map((p) => fraction(p, 3n)),
      first: primes.slice(0, 8).map((p) => fraction(p, 2n)),
      turns:
        bits === 256
          ? [
              [7, 18, 3],
              [17, 19, 10],
              [2, 13, 22],
              [6, 11, 25],
            ]
          : [
              [1, 8, 7],
              [19, 61, 6],
              [28, 34, 39],
              [14, 18, 41],
            ],
    };
  }
  return SHA2[bits];
}

class PythonRandom {
  /** @param {number | string} seed a whole number, or text */
  constructor(seed) {
    let whole = typeof seed === "number" ? BigInt(Math.abs(seed)) : 0n;
    if (typeof seed === "string") {
      const bytes = new TextEncoder().encode(seed);
      const hex = [...bytes].map((x) => x.toString(16).padStart(2, "0")).join("");
      whole = BigInt(`0x${hex}${sha2(bytes, 512)}`);
    }
    const key = [];
    do {
      key.push(Number(whole & 0xffffffffn));
      whole >>= 32n;
    } while (whole);
    this.state = new Uint32Array(624);
    this.seedBy(key);
    this.at = 624;
    /** @type {number | null} */
    this.next = null;
  }

  /** @param {number[]} key */
  seedBy(key) {
    const [state, n] = [this.state, 624];
    state[0] = 19650218;
    for (let i = 1; i < n; i++) state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
    let [i, j] = [1, 0];
    const forward = () => {
      if (++i < n) return;
      state[0] = state[n - 1];
      i = 1;
    };
    for (let k = Math.max(n, key.length); k; k--) {
      state[i] = (state[i] ^ Math.imul(state[i - 1] ^ (state[i - 1] >>> 30), 1664525)) + key[j] + j;
      j = (j + 1) % key.length;
      forward();
    }
    for (let k = n - 1; k; k--) {
      state[i] = (state[i] ^ Math.imul(state[i - 1] ^ (state[i - 1] >>> 30), 1566083941)) - i;
      forward();
    }
    state[0] = 0x80000000;
  }

  /** 32 random bits. */
  word() {
    const [state, n] = [this.state, 624];
    if (this.at === n) {
      for (let i = 0; i < n; i++) {
        const y = (state[i] & 0x80000000) | (state[(i + 1) % n] & 0x7fffffff);
        state[i] = state[(i + 397) % n] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      this.at = 0;
    }
    let y = state[this.at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** A number of [0, 1). */
  random() {
    const high = this.word() >>> 5;
    return (high * 67108864 + (this.word() >>> 6)) / 9007199254740992;
  }

  /** @param {number} a @param {number} b */
  uniform(a, b) {
    return a + (b - a) * this.random();
  }

  /** @param {number} mu @param {number} sigma */
  gauss(mu, sigma) {
    let z = this.next;
    this.next = null;
    if (z === null) {
      const angle = this.random() * (2 * Math.PI);
      const radius = Math.sqrt(-2 * Math.log(1 - this.random()));
      z = Math.cos(angle) * radius;
      this.next = Math.sin(angle) * radius;
    }
    return mu + z * sigma;
  }

  /** Put items into random order, in place. @template T @param {T[]} items */
  shuffle(items) {
    for (let i = items.length - 1; i > 0; i--) {
      const bits = 32 - Math.clz32(i + 1);
      let j = this.word() >>> (32 - bits);
      while (j > i) j = this.word() >>> (32 - bits);
      [items[i], items[j]] = [items[j], items[i]];
    }
    return items;
  }
}

/** The numbers 0 … n - 1 in the order of a seed. @param {number} n @param {number | string} seed */
const randomOrder = (n, seed) => new PythonRandom(seed).shuffle(Array.from({ length: n }, (_, i) => i));
