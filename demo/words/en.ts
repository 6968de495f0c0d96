// The page's words in English. What is fixed stands under `page`, by the keys of [data-says] and [data-label].

import { percent, sigmaOf, withPercentages } from "./numbers.js";
import type { Shown } from "./shown.js";

export const en = {
  page: {
    title: "SmoothGrad: what a classifier looks at",
    lead: "Which pixels speak for a class? The gradient of a classifier’s score answers, but its answer is noisy. Add noise to the image, many times, and average the gradients: the answer becomes sharp.",
    corner: "This page",
    train: "Train your own",
    language: "Language",
    pictures: "Pictures",
    dismiss: "Dismiss",
    clear: "Clear",
    views: "What the second picture shows",
    viewPhoto: "Image",
    viewMap: "Map",
    viewOverlay: "Overlay",
    unzoom: "Whole picture",
    map: "Sensitivity map. Arrow keys move it, plus and minus zoom, 0 shows all of it",
    digits: "Let the page draw a digit",
    progress: "Samples taken",
    suggestions: "What the network sees by other preprocessings",
    software:
      "This browser has no GPU to offer, so the processor computes everything: a large network may take seconds for each sample.",
    settings: "Settings",
    image: "Image",
    draw: "Draw",
    photo: "Photo …",
    camera: "Camera",
    shelf: "On this computer",
    pick: "choose …",
    classifier: "Classifier",
    download: "Downloaded",
    ownModel: "Own files and preprocessing",
    modelFile: "ONNX file",
    modelFileHint: "choose or drop",
    labels: "Class names or model card",
    preprocess: "Preprocessing",
    guessedChoice: "as guessed",
    usual: "as usual",
    scale: "Scale",
    mean: "Mean",
    std: "Deviation",
    order: "Order of colors",
    cut: "Cut",
    middle: "the middle",
    stretch: "all, stretched",
    shortSide: "Short side, pixels",
    class: "Class to explain",
    unchoose: "Follow the prediction",
    against: "Against",
    nothing: "nothing",
    comparison: "By",
    versus: "difference of scores",
    contrast: "two maps, red and blue",
    of: "Score",
    logit: "logit",
    probability: "probability",
    logProbability: "log-probability",
    method: "Method",
    layer: "Layer",
    lastConvolution: "last convolution",
    baseline: "Baseline",
    zero: "zero",
    black: "black",
    white: "white",
    meanColor: "mean color",
    blurred: "blurred image",
    uniformNoise: "noise",
    steps: "Steps",
    quadrature: "Quadrature",
    trapezoid: "trapezoid",
    riemann: "Riemann",
    randomPlaces: "random places",
    maxSigma: "Strongest blur, pixels",
    window: "Window, pixels",
    stride: "Stride, pixels",
    samplesTitle: "Noise",
    noise: "Level",
    samples: "Samples",
    until: "Stop at error",
    allSamples: "never mind",
    seed: "Seed",
    reseed: "Another seed",
    moreNoise: "More about the noise",
    noiseScale: "Part of",
    scaleRange: "the input’s range",
    scaleRgb: "the range of colors",
    scaleAbsolute: "nothing: σ itself",
    scaleAdaptive: "chance to stay (AdaptGrad)",
    antithetic: "Pairs of opposite noise",
    weightNoise: "On weights",
    weightSamples: "Draws of the weights",
    percentile: "Percentile",
    opacity: "Opacity",
    palette: "Palette",
    automatic: "automatic",
    grayscale: "grayscale",
    diverging: "blue, gray, red",
    reduce: "Channels",
    reduceAbs: "sum of |a|",
    reduceSigned: "sum, signed",
    reducePositive: "positive part",
    reduceNegative: "negative part",
    reduceMax: "largest |a|",
    reduceL2: "length",
    reduceAbsSum: "|sum|",
    reduceMean: "mean, signed",
    estimator: "Statistic",
    estimateMean: "mean (paper)",
    estimateSquared: "mean of squares",
    estimateAbsolute: "mean of |g|",
    estimateVariance: "variance",
    multiplyInput: "Multiply by the input",
    save: "Save and share",
    saveMap: "Map",
    saveOverlay: "Overlay",
    savePair: "Both, with caption",
    share: "Copy link",
    figures: "The figures of the paper, live",
    figureProgress: "Part of the figure that is computed",
    sharedScale: "Same quantity, same scale",
    ideaScore: "score of a class",
    ideaGradient: "its gradient",
    ideaPlace: "Place to look at",
    computedTitle: "What is computed",
    computed:
      "Let S be the score of a class (its logit) for the input x. The gradient ∂S/∂x says how much each pixel would change the score. It is averaged over n copies of the input, each with its own Gaussian noise of standard deviation σ, given as a part of the input’s range:",
    chosen:
      "The paper finds 10 to 20\u00a0% noise best for photos, and little change beyond 50 samples. Values above the chosen percentile are painted alike, because a few extreme pixels would otherwise leave the rest dark.",
    doubtTitle: "What it does not tell",
    doubt:
      "A sharp map is not a proof. Plain SmoothGrad ranked pixels no better than its gradient when networks were retrained without them; its squared and variance forms did better (Hooker et al. 2019). And a map can resemble the object because the edges of the photo shine through (Adebayo et al. 2018), most of all when it is multiplied by the input.",
    whereTitle: "Where it runs",
    where:
      "On your GPU. Image and model are read by this page and never leave it. Image classifiers as .onnx files are found, for example, in the ONNX Model Zoo, or are exported from PyTorch.",
  },

  groups: {
    gradients: "Gradients",
    paths: "Along a path",
    gates: "Other ways through a ReLU",
    layers: "At a layer",
    differences: "By differences",
    relevance: "Layer-wise relevance propagation",
  },

  methods: {
    gradient: "Gradient",
    smoothdiff: "SmoothDiff",
    "input-x-gradient": "Input × gradient",
    "integrated-gradients": "Integrated gradients",
    "expected-gradients": "Expected gradients",
    "blur-ig": "Blur IG",
    "guided-backprop": "Guided backpropagation",
    deconvnet: "Deconvnet",
    "grad-cam": "Grad-CAM",
    "guided-grad-cam": "Guided Grad-CAM",
    hirescam: "HiResCAM",
    layercam: "LayerCAM",
    deeplift: "DeepLift",
    occlusion: "Occlusion",
    lrp: "LRP-ε",
    "lrp-gamma": "LRP-γ",
    "lrp-alpha-beta": "LRP-αβ",
    "lrp-z-plus": "LRP-z⁺",
    "lrp-w-square": "LRP-w²",
    "lrp-flat": "LRP, flat first layer",
    "lrp-z-box": "LRP, z-box first layer",
    "lrp-epsilon-plus": "LRP ε, z⁺",
    "lrp-epsilon-plus-flat": "LRP ε, z⁺, flat",
    "lrp-epsilon-gamma-box": "LRP ε, γ, z-box",
    "lrp-epsilon-alpha2-beta1": "LRP ε, α2β1",
    "attn-lrp": "AttnLRP",
  } as Readonly<Record<string, string>>,

  /** What each method is, and what is known against it. */
  about: {
    gradient:
      "How much the score would change with each pixel. It passes the sanity checks of Adebayo et al., but on its own it looks like noise, and pixels that saturate the score get none of it.",
    smoothdiff:
      "The gates of all noisy samples are averaged, and one gradient goes through the means. It treats the layers’ gates as independent of each other, so its limit is not quite SmoothGrad’s.",
    "input-x-gradient":
      "The gradient times the pixel, a first-order share of the score. Black pixels get nothing, whatever they mean, and the image itself shines through.",
    "integrated-gradients":
      "The mean gradient on the way from a baseline to the image, times the way: the shares add up to what the score gains. The baseline decides what counts as nothing, and the image’s edges show in the map (Adebayo et al. 2018).",
    "expected-gradients":
      "Integrated gradients with a random baseline and place for each sample. There is no single baseline to argue about, but more samples are needed until it settles.",
    "blur-ig":
      "Integrated gradients on the way from a blurred image to the sharp one. It needs no baseline color, but it tells at which scale a feature appears rather than whether it matters.",
    "guided-backprop":
      "The gradient, with negative values dropped at every ReLU on the way back. Crisp, but it hardly changes when the network’s upper layers are randomized (Adebayo et al. 2018): it is close to an edge detector.",
    deconvnet:
      "As guided backpropagation, whether the ReLU was open or not. It partly restores the image instead of explaining the class (Nie et al. 2018).",
    "grad-cam":
      "The channels of a late layer, each weighted by its mean gradient, enlarged. Class-specific and robust in sanity checks, but coarse, and the mean may point where the layer’s own gradient does not (Draelos & Carin 2020).",
    "guided-grad-cam":
      "Guided backpropagation within what Grad-CAM points at. The fine lines are still those of an edge detector and fail the sanity checks.",
    hirescam:
      "As Grad-CAM, but weighted place by place, so that for networks with one dense layer at the end it shows what was really used. It is as coarse as its layer.",
    layercam:
      "As HiResCAM, but negative gradients count as nothing, so that earlier and finer layers can be looked at, too. What speaks against the class is not seen.",
    deeplift:
      "What each pixel adds to the score over a baseline, by ratios of differences instead of slopes. It does not get lost where functions saturate; the baseline is a choice, and products are shared out by convention.",
    occlusion:
      "How much the score falls when a window of the image is hidden. Easy to trust and slow; hidden windows are images that the network has never seen, and size and color of the window change the map.",
    lrp: "The score shared out backward, layer by layer, as each input took part. On a ReLU network without further rules it equals input × gradient, with its weaknesses.",
    "lrp-gamma":
      "LRP that favors what speaks for the output. Cleaner maps, at the price of evidence against the class.",
    "lrp-alpha-beta":
      "LRP that shares out positive and negative parts apart. With β = 0 it converges to the same map for every class (Sixt et al. 2020).",
    "lrp-z-plus":
      "LRP with the positive shares alone, as deep Taylor decomposition derives it. Its maps hardly depend on the class or on the upper layers (Sixt et al. 2020).",
    "lrp-w-square":
      "LRP-ε whose first layer shares out by squared weights, not by the pixels. It finds places in black regions, too, and blurs by the size of the first filters.",
    "lrp-flat":
      "LRP-ε whose first layer shares out evenly. What is left shows where, not what, at the resolution of the first layer.",
    "lrp-z-box":
      "LRP-ε whose first layer knows the darkest and brightest possible image. Derived for pixels; the box must fit the preprocessing.",
    "lrp-epsilon-plus":
      "Convolutions by positive shares, dense layers by ε: the usual composite. Class-specific by its dense layers only.",
    "lrp-epsilon-plus-flat": "The same with an even first layer: smoother, and coarser.",
    "lrp-epsilon-gamma-box":
      "Convolutions by γ, dense layers by ε, the first layer between black and white. Its rules were chosen by eye and by benchmarks, layer by layer.",
    "lrp-epsilon-alpha2-beta1":
      "Convolutions by α = 2, β = 1, dense layers by ε. Shows evidence against the class as well; the doubled positive part is a convention.",
    "attn-lrp":
      "For transformers: a product is shared out in halves, and LayerNorm’s deviation counts as a constant. Faithful in its authors’ tests; in a network of ReLUs it is the gradient times the input.",
  } as Readonly<Record<string, string>>,

  models: {
    clean: "Digits (MNIST)",
    noise: "Digits, trained with noise",
    file: "own file …",
    shipped: "With this page",
    public: "ImageNet, to download",
  },

  statistics: {
    mean: "mean",
    squared: "mean of squares",
    absolute: "mean of absolute values",
    variance: "variance",
  },

  figures: {
    idea: {
      tab: "The idea",
      caption:
        "A toy classifier with one input, computed in this page. Its score looks smooth, yet it is made of small straight pieces, as in every ReLU network, and its gradient jumps from piece to piece. Each dot is the gradient at a noisy copy of the input; their mean is SmoothGrad. Noise and samples are yours to move.",
    },
    pixel: {
      tab: "One pixel",
      caption:
        "Figure 2: the gradient of one pixel (click one in the image) while the image moves to one of its noisy copies, x + tε, at the noise level of now; the paper takes 1\u00a0%, which nobody sees. 200 places, each divided by the largest entry of its gradient. If one map could be trusted, this would be nearly flat.",
    },
    noise: {
      tab: "Noise",
      caption:
        "Figure 3: the same samples at other noise levels. Too little leaves the speckles, too much erases the image: 10 to 20\u00a0% is where the paper stops.",
    },
    samples: {
      tab: "Samples",
      caption:
        "Figure 4: the mean after n samples, all from one run. The error falls with √n, so most is won early.",
    },
    methods: {
      tab: "Methods",
      caption:
        "Figures 5 and 7: methods as they are, and smoothed with the same noise. SmoothGrad goes around any of them.",
    },
    classes: {
      tab: "Two classes",
      caption:
        "Figure 6: the maps of the first two classes, each from 0 to 1, subtracted. Red speaks for the first one, blue for the second one, gray for neither or both.",
    },
    training: {
      tab: "Training noise",
      caption:
        "Figure 8, by the two networks of digits that come with the page: noise in training (the last two) and noise in explaining (the second and the fourth). The effects add up: trained with noise, the gradient itself is calmer.",
    },
    cap: {
      tab: "Cap",
      caption:
        "A few pixels have gradients far above all others. Painted up to the maximum, they leave the rest dark; capped at a percentile, the structure shows.",
    },
    sign: {
      tab: "Sign",
      caption:
        "The sign says whether more of a color would raise the score. On photos it depends on the background and the paper drops it; on digits, white on black, it means something.",
    },
    input: {
      tab: "× image",
      caption:
        "Gradient times image looks sharper because it shows the image: black pixels vanish, whatever the network makes of them. For digits half of the evidence is in the black.",
    },
  },

  panel: {
    noise: (percent: string) => `${percent} noise`,
    samples: (n: number) => (n === 1 ? "1 sample" : `${n} samples`),
    plain: "plain",
    smoothed: "smoothed",
    clean: "trained without noise",
    noisy: "trained with noise",
    gradient: "gradient",
    digit:
      "They read digits and cannot read photos: here they explain the digit that was drawn last.",
    uncapped: "up to the maximum",
    capped: (p: string) => `capped at ${p}\u00a0%`,
    absolute: "absolute",
    signed: "signed",
    positive: "positive part",
    plainInput: "map",
    timesInput: "map × image",
    place: (place: number, count: number) => `${place} of ${count}`,
    part: "part of the largest gradient",
    channels: ["red", "green", "blue"],
    gray: "gray",
  },

  says: {
    digitTitle: "Draw here",
    photoTitle: "What the network sees",
    drawn: "drawn on this page",
    digit: (digit: string) => `Draw a ${digit}`,
    classNumber: (index: number) => `class ${index}`,
    modelLine: (channels: number, height: number, width: number, classes: number) =>
      `${width} × ${height} × ${channels} in, ${classes} classes out`,
    names: (count: number) => `${count} names`,
    sampleLine: (samples: number, wanted: number) =>
      `${samples} of ${wanted} ${wanted === 1 ? "sample" : "samples"}`,
    errorLine: (error: string, of: string | undefined) =>
      `, standard error ${error} of the ${of ?? "map"}`,
    stop: "Stop",
    again: "Start over",
    caption: ({ statistic, method, samples, noise, sigma, seed, weights }: Shown) => {
      const copies = samples === 1 ? "1 noisy copy" : `${samples} noisy copies`;
      const what = method === undefined ? "the gradients" : method;
      const onWeights = weights ? `, weights by ${percent(weights)}` : "";
      return `${statistic} of ${what} at ${copies}, ${sigmaOf(noise, sigma, "of the input’s range")}${onWeights}, seed ${seed}`;
    },
    mapOf: (label: string) => `Sensitivity map of ${label}`,
    probe: (x: number, y: number, value: string, gradient: string) =>
      `Pixel ${x}, ${y}: ${value}; gradient ${gradient}`,
    idea: (gradient: string, mean: string) =>
      `There the gradient is ${gradient}, SmoothGrad ${mean}.`,
    guessed: {
      card: "As the model card says:",
      metadata: "As the file itself says:",
      graph: "The network’s first step normalizes, which tells the colors:",
      classes: "Guessed from the 1001 classes, which are TensorFlow’s:",
      axes: "Guessed from the order of the axes, which is TensorFlow’s:",
      channels: "Guessed from the number of channels:",
    },
    /** A warning of the library's, with what can be done about it in this page. */
    warning: (sentence: string) =>
      withPercentages(sentence)
        .replace(/ Give preprocess .*$/, " If the network was trained with another, choose it.")
        .replace(/ Give labels .*$/, " If it has others, drop a file of them on this page."),
    suggestion: (name: string, label: string, probability: string) =>
      `${name}: ${label} ${probability}`,
    neither: (name: string) =>
      `${name} is neither a photo, nor an .onnx model, nor class names or a model card (.txt, .json).`,
    noPicture: (name: string) => `${name} is not a picture that this browser can decode.`,
    noCamera: (reason: string) => `The camera cannot be used: ${reason}`,
    modelRefused: (name: string, reason: string) => `${name} cannot be used: ${reason}.`,
    notFetched: (name: string, reason: string) => `${name} could not be downloaded: ${reason}.`,
    otherBytes: "its bytes are not those that were published",
    labelsRefused: (name: string, reason: string) =>
      `${name} holds no class names and is no model card: ${reason}.`,
    labelsMisfit: (labels: number, classes: number) =>
      `The ${labels} names do not fit the ${classes} classes of the model, so its classes are shown by number.`,
    lost: (message: string) =>
      `The GPU was lost${message ? ` (${message})` : ""}; it is being opened again.`,
    lostAgain: "The GPU was lost a second time. Reload the page, or try a smaller model.",
    noWebGpu: (reason: string) => `${reason} The figure below works without it.`,
    incomplete: "A part of this page could not be loaded. Reload it when you are online.",
    loading: (name: string) => `reading ${name} …`,
    downloading: (name: string, part: string) => `downloading ${name}: ${part}`,
    finished: (label: string, samples: number) =>
      `The map of ${label} is ready, made of ${samples} samples.`,
    saved: (name: string) => `${name} is saved.`,
    copied: (files: string) =>
      files === "" ? "The link is copied." : `The link is copied. What is not in it: ${files}.`,
    cameraPicture: "the camera’s picture",
    foreign: (words: string) =>
      `The address asks for what is not there: ${words}. The map is made without it.`,
    fault:
      "The GPU refused a part of the work, so what is shown may be wrong. Reload the page to be sure.",
  },
};

/** The words in any language. */
export type Words = typeof en;
