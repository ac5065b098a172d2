import type { Engine, Session } from '../../engine/engine.js';
import { ATTRIBUTES_INPUT_SIZE_PX } from '../../models/convert/face-api/attributes.js';
import { cachedFaceApiModel } from '../../models/convert/face-api/convert.js';
import { onFirstUse } from '../../shared/queue.js';
import { type Box, clipToImage, type Landmarks5 } from '../image/box.js';
import type { RgbImage } from '../image/image.js';
import { type Pose, poseOf } from '../image/pose.js';
import { cutCrops, runOnCrops } from '../landmarks/landmarks68.js';

/** What can be guessed about a face, as `?attributes=` names it. */
export const ATTRIBUTE_NAMES = ['age', 'gender', 'expression', 'pose'] as const;
export type AttributeName = (typeof ATTRIBUTE_NAMES)[number];

/** In the order of the network's outputs. Source: @vladmandic/face-api, src/faceExpressionNet/FaceExpressions.ts. */
export const EXPRESSIONS = ['neutral', 'happy', 'sad', 'angry', 'fearful', 'disgusted', 'surprised'] as const;
export type Expression = (typeof EXPRESSIONS)[number];

export const GENDERS = ['male', 'female'] as const;
export type Gender = (typeof GENDERS)[number];

/** Guesses about one face: those that were asked for. */
export interface FaceAttributes {
  /** Years, fractional. */
  readonly age?: number;
  /** The more probable value and its probability, 0.5..1. */
  readonly gender?: { readonly value: Gender; readonly probability: number };
  /** The most probable value, and the probability of each; their sum is 1. */
  readonly expression?: {
    readonly value: Expression;
    readonly probabilities: Readonly<Record<Expression, number>>;
  };
  /** Of the upright photo; null for a face without landmarks. */
  readonly pose?: Pose | null;
}

/** A face in pixels of its photo. */
interface FacePlace {
  readonly box: Box;
  readonly landmarks: Landmarks5 | null;
}

export interface AttributeReader {
  /**
   * Runs only the networks that `names` needs, and loads each with its first use.
   * @param image with upright faces
   * @returns the attributes of each face, in order
   * @throws RostroError `model_missing`, `bad_model_file`
   */
  read(
    image: RgbImage,
    faces: readonly FacePlace[],
    names: readonly AttributeName[],
  ): Promise<readonly FaceAttributes[]>;
}

/**
 * face-api's AgeGenderNet and FaceExpressionNet on the clipped box of the detector, as
 * `detectAllFaces().withFaceExpressions().withAgeAndGender()` of @vladmandic/face-api prepares it. With
 * `withFaceLandmarks()` in between, face-api would cut the aligned square instead; this is not ported.
 * @param modelDir the folder `model` of the package @vladmandic/face-api
 */
export function attributeReader(engine: Engine, modelDir: string, cacheDir: string): AttributeReader {
  const network = (name: 'ageGender' | 'expression') =>
    onFirstUse(async () => engine.load((await cachedFaceApiModel(name, modelDir, cacheDir)).path));
  const [ageGenderNetwork, expressionNetwork] = [network('ageGender'), network('expression')];
  return {
    async read(image, faces, names) {
      const asked = new Set(names);
      const [wantsAgeGender, wantsExpression] = [asked.has('age') || asked.has('gender'), asked.has('expression')];
      const rects = wantsAgeGender || wantsExpression ? faces.map(({ box }) => clipToImage(box, image)) : [];
      const crops = cutCrops(image, rects, ATTRIBUTES_INPUT_SIZE_PX);
      const run = async (session: () => Promise<Session>, isAsked: boolean): Promise<Float32Array[]> => {
        if (!isAsked || rects.length === 0) return [];
        return runOnCrops(await session(), crops, ATTRIBUTES_INPUT_SIZE_PX);
      };
      const ageGender = await run(ageGenderNetwork, wantsAgeGender);
      const expression = await run(expressionNetwork, wantsExpression);
      return faces.map(({ landmarks }, i) => ({
        ...(asked.has('age') && { age: ageGender[i][0] }),
        ...(asked.has('gender') && { gender: genderOf(ageGender[i][1]) }),
        ...(asked.has('expression') && { expression: expressionOf(expression[i]) }),
        ...(asked.has('pose') && { pose: landmarks && poseOf(landmarks) }),
      }));
    },
  };
}

/** As `AgeGenderNet.predictAgeAndGender` of face-api. */
function genderOf(probabilityOfMale: number): FaceAttributes['gender'] {
  const isMale = probabilityOfMale > 0.5;
  return { value: isMale ? 'male' : 'female', probability: isMale ? probabilityOfMale : 1 - probabilityOfMale };
}

function expressionOf(values: Float32Array): FaceAttributes['expression'] {
  const probabilities = Object.fromEntries(EXPRESSIONS.map((name, i) => [name, values[i]]));
  return {
    value: EXPRESSIONS[values.indexOf(Math.max(...values))],
    probabilities: probabilities as Record<Expression, number>,
  };
}
