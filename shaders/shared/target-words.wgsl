// The words of `target_class`: which classes are explained, and what of them. model/batch.ts packs them.

const INDEX = 0u;   // the class
const VERSUS = 1u;  // the class that it is held against; beyond all classes where there is none
const SCALAR = 2u;  // what of the class is explained: LOGIT …
const ALONE = 3u;   // 1: nothing but the logits of these classes is wanted, as while samples are played

const LOGIT = 0u;
const PROBABILITY = 1u;
