// What each method is in words: where it is from, what it is in one line, and its cost for n samples. Whoever prints
// them loads this file; a map does without.

import type { MethodName } from "./methods.js";

/** A method in words. */
export interface MethodWords {
  /** Authors and year. */
  readonly paper: string;
  /** What it computes, in one line. */
  readonly summary: string;
  /** Passes through the network for n samples. */
  readonly cost: string;
}

const OF_RELEVANCE = "n forward, n backward, each linear layer up to four times";

/** The words of every method, in the order of the table. */
export const methodWords: Readonly<Record<MethodName, MethodWords>> = {
  gradient: {
    paper: "Simonyan et al. 2013",
    summary: "the gradient of the target with respect to the input",
    cost: "n forward, n backward",
  },
  smoothdiff: {
    paper: "Hill et al. 2025",
    summary: "one gradient through the mean gates of all samples, in place of a mean of gradients",
    cost: "n forward, 1 backward",
  },
  "input-x-gradient": {
    paper: "Shrikumar et al. 2016",
    summary: "the gradient times the input",
    cost: "n forward, n backward",
  },
  "integrated-gradients": {
    paper: "Sundararajan et al. 2017",
    summary: "the mean gradient on the way from a baseline, times the way",
    cost: "50 n forward, 50 n backward",
  },
  "expected-gradients": {
    paper: "Erion et al. 2019; GradientSHAP, Lundberg & Lee 2017",
    summary: "the same at one random place of the way from a random baseline",
    cost: "n forward, n backward",
  },
  "blur-ig": {
    paper: "Xu, Venugopalan & Sundararajan 2020",
    summary: "the gradient times the change, summed from the blurred image to the sharp one",
    cost: "50 n forward, 50 n backward",
  },
  "guided-backprop": {
    paper: "Springenberg et al. 2015",
    summary: "the gradient, with negative values dropped at every Relu on the way back",
    cost: "n forward, n backward",
  },
  deconvnet: {
    paper: "Zeiler & Fergus 2014",
    summary: "the same, whether the Relu was open or not",
    cost: "n forward, n backward",
  },
  "grad-cam": {
    paper: "Selvaraju et al. 2017",
    summary: "the channels of a layer, each weighted by the mean of its gradient",
    cost: "n forward, n backward down to the layer",
  },
  "guided-grad-cam": {
    paper: "Selvaraju et al. 2017",
    summary: "guided backpropagation times Grad-CAM",
    cost: "n forward, n backward, n backward down to the layer",
  },
  hirescam: {
    paper: "Draelos & Carin 2020",
    summary: "the channels of a layer, weighted place by place by their gradient",
    cost: "n forward, n backward down to the layer",
  },
  layercam: {
    paper: "Jiang et al. 2021",
    summary: "the same, where the gradient is positive; earlier layers give finer maps",
    cost: "n forward, n backward down to the layer",
  },
  deeplift: {
    paper: "Shrikumar et al. 2017",
    summary:
      "what each input adds to the target over a baseline, by ratios of differences (Rescale)",
    cost: "1 + n forward, n backward",
  },
  occlusion: {
    paper: "Zeiler & Fergus 2014",
    summary: "how much the target falls when a window of the image is hidden",
    cost: "n forward for each window and one more",
  },
  lrp: {
    paper: "Bach et al. 2015",
    summary: "the logit shared out backward, layer by layer, as each input took part (LRP-ε)",
    cost: OF_RELEVANCE,
  },
  "lrp-gamma": {
    paper: "Montavon et al. 2019",
    summary: "LRP that favors what speaks for the output (γ = 0.25)",
    cost: OF_RELEVANCE,
  },
  "lrp-alpha-beta": {
    paper: "Bach et al. 2015",
    summary: "LRP with twice the positive shares less the negative ones (α = 2, β = 1)",
    cost: OF_RELEVANCE,
  },
  "lrp-z-plus": {
    paper: "Montavon et al. 2017",
    summary: "LRP with the positive shares alone (deep Taylor decomposition)",
    cost: OF_RELEVANCE,
  },
  "lrp-w-square": {
    paper: "Montavon et al. 2017",
    summary: "LRP-ε, shared out in the first layer by its squared weights",
    cost: OF_RELEVANCE,
  },
  "lrp-flat": {
    paper: "Lapuschkin et al. 2019",
    summary: "LRP-ε, shared out in the first layer evenly",
    cost: OF_RELEVANCE,
  },
  "lrp-z-box": {
    paper: "Montavon et al. 2017",
    summary: "LRP-ε, in the first layer against the darkest and brightest possible image",
    cost: OF_RELEVANCE,
  },
  "lrp-epsilon-plus": {
    paper: "Kohlbrenner et al. 2020",
    summary: "LRP: convolutions by the positive shares, dense layers by ε",
    cost: OF_RELEVANCE,
  },
  "lrp-epsilon-plus-flat": {
    paper: "Kohlbrenner et al. 2020",
    summary: "the same, the first layer evenly",
    cost: OF_RELEVANCE,
  },
  "lrp-epsilon-gamma-box": {
    paper: "Montavon et al. 2019",
    summary: "LRP: convolutions by γ, dense layers by ε, the first layer against black and white",
    cost: OF_RELEVANCE,
  },
  "lrp-epsilon-alpha2-beta1": {
    paper: "Lapuschkin et al. 2017",
    summary: "LRP: convolutions by α = 2, β = 1, dense layers by ε",
    cost: OF_RELEVANCE,
  },
  "attn-lrp": {
    paper: "Achtibat et al. 2024",
    summary: "LRP through attention: products shared in halves, deviations as constants",
    cost: "n forward, n backward",
  },
};
